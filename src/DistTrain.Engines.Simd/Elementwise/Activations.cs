using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>The hyperbolic tangent.</summary>
internal readonly struct TanhActivation<TOps, TVector> : IActivation<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static bool GradientReadsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector x, TVector parameter) => VectorMath<TOps, TVector>.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gradient(TVector source, TVector dy, TVector parameter) => TanhGradientFunction<TOps, TVector>.Invoke(source, dy);
}

/// <summary>σ(x); gradient dy (y − y²).</summary>
internal readonly struct SigmoidActivation<TOps, TVector> : IActivation<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static bool GradientReadsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector x, TVector parameter) => VectorMath<TOps, TVector>.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gradient(TVector source, TVector dy, TVector parameter) => TOps.Multiply(dy, TOps.FusedMultiplyAdd(TOps.Negate(source), source, source));
}

/// <summary>x above 0, else slope · x; the parameter is the slope.</summary>
internal readonly struct LeakyReluActivation<TOps, TVector> : IActivation<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static bool GradientReadsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector x, TVector parameter) => TOps.SelectGreater(x, TOps.Broadcast(0f), x, TOps.Multiply(parameter, x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gradient(TVector source, TVector dy, TVector parameter) => TOps.SelectGreater(source, TOps.Broadcast(0f), dy, TOps.Multiply(parameter, dy));
}

/// <summary>x above 0, else α (exp(x) − 1); the parameter is α.</summary>
internal readonly struct EluActivation<TOps, TVector> : IActivation<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static bool GradientReadsInput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector x, TVector parameter) =>
        TOps.SelectGreater(x, TOps.Broadcast(0f), x, TOps.Multiply(parameter, VectorMath<TOps, TVector>.ExpMinusOneBelowZero(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gradient(TVector source, TVector dy, TVector parameter) =>
        TOps.SelectGreater(source, TOps.Broadcast(0f), dy, TOps.Multiply(dy, TOps.Add(source, parameter)));
}

/// <summary>x σ(x); gradient dy fma(x σ, 1 − σ, σ).</summary>
internal readonly struct SwishActivation<TOps, TVector> : IActivation<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static bool GradientReadsInput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector x, TVector parameter) => TOps.Multiply(x, VectorMath<TOps, TVector>.Sigmoid(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gradient(TVector source, TVector dy, TVector parameter)
    {
        TVector sigma = VectorMath<TOps, TVector>.Sigmoid(source);
        return TOps.Multiply(dy, TOps.FusedMultiplyAdd(TOps.Multiply(source, sigma), TOps.Subtract(TOps.Broadcast(1f), sigma), sigma));
    }
}

/// <summary>x Φ(x); gradient dy fma(x, φ, Φ).</summary>
internal readonly struct GeluActivation<TOps, TVector> : IActivation<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static bool GradientReadsInput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector x, TVector parameter) => TOps.Multiply(x, NormalDistribution(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gradient(TVector source, TVector dy, TVector parameter)
    {
        TVector exponent = TOps.Multiply(TOps.Multiply(TOps.Broadcast(-0.5f), source), source);
        TVector density = TOps.Multiply(TOps.Broadcast((float)GeluConstants.NormalDensityAtZero), VectorMath<TOps, TVector>.Exp(exponent));
        return TOps.Multiply(dy, TOps.FusedMultiplyAdd(source, density, NormalDistribution(source)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector NormalDistribution(TVector x)
    {
        TVector erf = VectorMath<TOps, TVector>.Erf(TOps.Multiply(x, TOps.Broadcast((float)GeluConstants.SqrtHalf)));
        return TOps.Multiply(TOps.Broadcast(0.5f), TOps.Add(TOps.Broadcast(1f), erf));
    }
}

/// <summary>x (1 + t) / 2 with t = tanh(√(2/π) (x + 0.044715 x³)).</summary>
internal readonly struct GeluTanhActivation<TOps, TVector> : IActivation<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static bool GradientReadsInput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value(TVector x, TVector parameter) => TOps.Multiply(TOps.Multiply(TOps.Broadcast(0.5f), x), TOps.Add(TOps.Broadcast(1f), TanhOfCubic(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Gradient(TVector source, TVector dy, TVector parameter)
    {
        TVector one = TOps.Broadcast(1f);
        TVector half = TOps.Broadcast(0.5f);
        TVector t = TanhOfCubic(source);
        TVector slope = TOps.FusedMultiplyAdd(TOps.Broadcast((float)(3 * GeluConstants.Cubic)), TOps.Multiply(source, source), one);
        slope = TOps.Multiply(TOps.Broadcast((float)GeluConstants.SqrtTwoOverPi), slope);
        TVector bend = TOps.Multiply(TOps.Multiply(half, source), TOps.FusedMultiplyAdd(TOps.Negate(t), t, one));
        return TOps.Multiply(dy, TOps.FusedMultiplyAdd(bend, slope, TOps.Multiply(half, TOps.Add(one, t))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector TanhOfCubic(TVector x)
    {
        TVector cubic = TOps.FusedMultiplyAdd(TOps.Multiply(TOps.Broadcast((float)GeluConstants.Cubic), TOps.Multiply(x, x)), x, x);
        return VectorMath<TOps, TVector>.Tanh(TOps.Multiply(TOps.Broadcast((float)GeluConstants.SqrtTwoOverPi), cubic));
    }
}
