using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Optimization;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>s ← fma(decay, s, (share·g)·g): the running mean square of several transforms; and the running mean.</summary>
internal readonly struct RunningAverage<TOps, TVector>(float decay, float share)
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private readonly TVector decay = TOps.Broadcast(decay);
    private readonly TVector share = TOps.Broadcast(share);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Mean(TVector old, TVector g) => TOps.FusedMultiplyAdd(decay, old, TOps.Multiply(share, g));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector MeanSquare(TVector old, TVector g) => TOps.FusedMultiplyAdd(decay, old, TOps.Multiply(TOps.Multiply(share, g), g));
}

/// <summary><see cref="AdamTransform"/>, and with the greatest variance <see cref="AmsgradTransform"/>.</summary>
internal readonly struct AdamStep<TOps, TVector, TGreatest> : IUpdateStep<TOps, TVector, AdamStep<TOps, TVector, TGreatest>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TGreatest : struct, ISwitch
{
    private readonly RunningAverage<TOps, TVector> first;
    private readonly RunningAverage<TOps, TVector> second;
    private readonly TVector meanCorrection;
    private readonly TVector varianceCorrection;
    private readonly TVector epsilon;

    private AdamStep(in UpdateConstants c)
    {
        first = new(c.A, c.B);
        second = new(c.C, c.D);
        meanCorrection = TOps.Broadcast(c.E);
        varianceCorrection = TOps.Broadcast(c.F);
        epsilon = TOps.Broadcast(c.G);
    }

    public static int StateCount => TGreatest.IsOn ? 3 : 2;

    public static bool ReadsWeights => false;

    public static AdamStep<TOps, TVector, TGreatest> Create(in UpdateConstants constants, float factor) => new(constants);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        s0 = first.Mean(s0, g);
        s1 = second.MeanSquare(s1, g);
        TVector variance = s1;
        if (TGreatest.IsOn)
        {
            s2 = TOps.SelectGreater(s1, s2, s1, s2);
            variance = s2;
        }

        return TOps.Divide(TOps.Multiply(s0, meanCorrection), TOps.Add(TOps.SquareRoot(TOps.Multiply(variance, varianceCorrection)), epsilon));
    }
}

/// <summary><see cref="NadamTransform"/>.</summary>
internal readonly struct NadamStep<TOps, TVector> : IUpdateStep<TOps, TVector, NadamStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private readonly RunningAverage<TOps, TVector> first;
    private readonly RunningAverage<TOps, TVector> second;
    private readonly TVector gradientShare;
    private readonly TVector varianceCorrection;
    private readonly TVector epsilon;
    private readonly TVector meanShare;

    private NadamStep(in UpdateConstants c)
    {
        first = new(c.A, c.B);
        second = new(c.C, c.D);
        gradientShare = TOps.Broadcast(c.E);
        varianceCorrection = TOps.Broadcast(c.F);
        epsilon = TOps.Broadcast(c.G);
        meanShare = TOps.Broadcast(c.H);
    }

    public static int StateCount => 2;

    public static bool ReadsWeights => false;

    public static NadamStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(constants);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        s0 = first.Mean(s0, g);
        s1 = second.MeanSquare(s1, g);
        TVector ahead = TOps.FusedMultiplyAdd(gradientShare, g, TOps.Multiply(meanShare, s0));
        return TOps.Divide(ahead, TOps.Add(TOps.SquareRoot(TOps.Multiply(s1, varianceCorrection)), epsilon));
    }
}

/// <summary><see cref="AdamaxTransform"/>.</summary>
internal readonly struct AdamaxStep<TOps, TVector> : IUpdateStep<TOps, TVector, AdamaxStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private readonly RunningAverage<TOps, TVector> first;
    private readonly TVector decay;
    private readonly TVector meanCorrection;
    private readonly TVector epsilon;

    private AdamaxStep(in UpdateConstants c)
    {
        first = new(c.A, c.B);
        decay = TOps.Broadcast(c.C);
        meanCorrection = TOps.Broadcast(c.D);
        epsilon = TOps.Broadcast(c.E);
    }

    public static int StateCount => 2;

    public static bool ReadsWeights => false;

    public static AdamaxStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(constants);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        s0 = first.Mean(s0, g);
        TVector decayed = TOps.Multiply(decay, s1);
        TVector magnitude = TOps.Add(TOps.Absolute(g), epsilon);
        s1 = TOps.SelectGreater(decayed, magnitude, decayed, magnitude);
        return TOps.Divide(TOps.Multiply(s0, meanCorrection), s1);
    }
}

/// <summary><see cref="AdagradTransform"/>.</summary>
internal readonly struct AdagradStep<TOps, TVector>(TVector epsilon) : IUpdateStep<TOps, TVector, AdagradStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int StateCount => 1;

    public static bool ReadsWeights => false;

    public static AdagradStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(TOps.Broadcast(constants.A));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        s0 = TOps.FusedMultiplyAdd(g, g, s0);
        return TOps.Divide(g, TOps.Add(TOps.SquareRoot(s0), epsilon));
    }
}

/// <summary><see cref="AdadeltaTransform"/>.</summary>
internal readonly struct AdadeltaStep<TOps, TVector>(RunningAverage<TOps, TVector> average, TVector epsilon) : IUpdateStep<TOps, TVector, AdadeltaStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int StateCount => 2;

    public static bool ReadsWeights => false;

    public static AdadeltaStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(new(constants.A, constants.B), TOps.Broadcast(constants.C));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        s0 = average.MeanSquare(s0, g);
        TVector ratio = TOps.Divide(TOps.SquareRoot(TOps.Add(s1, epsilon)), TOps.SquareRoot(TOps.Add(s0, epsilon)));
        TVector update = TOps.Multiply(ratio, g);
        s1 = average.MeanSquare(s1, update);
        return update;
    }
}

/// <summary><see cref="RmspropTransform"/>.</summary>
internal readonly struct RmspropStep<TOps, TVector, TCentered>(RunningAverage<TOps, TVector> average, TVector epsilon)
    : IUpdateStep<TOps, TVector, RmspropStep<TOps, TVector, TCentered>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TCentered : struct, ISwitch
{
    public static int StateCount => TCentered.IsOn ? 2 : 1;

    public static bool ReadsWeights => false;

    public static RmspropStep<TOps, TVector, TCentered> Create(in UpdateConstants constants, float factor) =>
        new(new(constants.A, constants.B), TOps.Broadcast(constants.C));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        s0 = average.MeanSquare(s0, g);
        TVector variance = s0;
        if (TCentered.IsOn)
        {
            s1 = average.Mean(s1, g);
            variance = TOps.FusedMultiplyAdd(TOps.Negate(s1), s1, s0);
            TVector zero = TOps.Broadcast(0f);
            variance = TOps.SelectLessOrEqual(variance, zero, zero, variance);
        }

        return TOps.Divide(g, TOps.Add(TOps.SquareRoot(variance), epsilon));
    }
}
