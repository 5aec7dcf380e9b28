using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>A function of one element; the loop over elements is <see cref="ElementwiseLoop{TOps,TVector}"/>.</summary>
internal interface IUnaryFunction<TOps, TVector>
{
    static abstract TVector Invoke(TVector x);
}

/// <summary>A function of two elements.</summary>
internal interface IBinaryFunction<TOps, TVector>
{
    static abstract TVector Invoke(TVector x, TVector y);
}

/// <summary>x ≤ 0 ? 0 : x; NaN stays NaN.</summary>
internal readonly struct ReluFunction<TOps, TVector> : IUnaryFunction<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke(TVector x)
    {
        TVector zero = TOps.Broadcast(0f);
        return TOps.SelectLessOrEqual(x, zero, zero, x);
    }
}

/// <summary>(output, gradient) ↦ output &gt; 0 ? gradient : 0.</summary>
internal readonly struct ReluGradientFunction<TOps, TVector> : IBinaryFunction<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke(TVector x, TVector y)
    {
        TVector zero = TOps.Broadcast(0f);
        return TOps.SelectGreater(x, zero, y, zero);
    }
}

/// <summary>The hyperbolic tangent.</summary>
internal readonly struct TanhFunction<TOps, TVector> : IUnaryFunction<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke(TVector x) => VectorMath<TOps, TVector>.Tanh(x);
}

/// <summary>The exponential.</summary>
internal readonly struct ExpFunction<TOps, TVector> : IUnaryFunction<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke(TVector x) => VectorMath<TOps, TVector>.Exp(x);
}

/// <summary>(output, gradient) ↦ gradient · fma(−output, output, 1).</summary>
internal readonly struct TanhGradientFunction<TOps, TVector> : IBinaryFunction<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke(TVector x, TVector y) => TOps.Multiply(y, TOps.FusedMultiplyAdd(TOps.Negate(x), x, TOps.Broadcast(1f)));
}

/// <summary>x + y.</summary>
internal readonly struct AddFunction<TOps, TVector> : IBinaryFunction<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke(TVector x, TVector y) => TOps.Add(x, y);
}
