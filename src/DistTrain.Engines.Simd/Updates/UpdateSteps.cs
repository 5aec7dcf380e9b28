using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Optimization;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>One vector's way through a transform. Its definition is the transform's docstring and the reference engine; the loop over vectors is <see cref="UpdatePass{TOps,TVector}"/>.</summary>
/// <typeparam name="TOps">The vector's operations.</typeparam>
/// <typeparam name="TVector">The vector of floats.</typeparam>
/// <typeparam name="TSelf">The step.</typeparam>
internal interface IUpdateStep<TOps, TVector, TSelf>
{
    /// <summary>State tensors that it reads and writes, at most 3.</summary>
    static abstract int StateCount { get; }

    static abstract bool ReadsWeights { get; }

    static abstract TSelf Create(in UpdateConstants constants, float factor);

    /// <param name="g">The update as it enters.</param>
    /// <param name="w">The old weights; undefined unless asked for.</param>
    /// <param name="s0">The first state; undefined unless there is one.</param>
    /// <returns>The update as it leaves.</returns>
    TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2);
}

/// <summary>No transform: plain stochastic gradient descent, or a stage that only takes norms of the mean gradient.</summary>
internal readonly struct PlainStep<TOps, TVector> : IUpdateStep<TOps, TVector, PlainStep<TOps, TVector>>
{
    public static int StateCount => 0;

    public static bool ReadsWeights => false;

    public static PlainStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2) => g;
}

/// <summary><see cref="MomentumTransform"/>.</summary>
internal readonly struct MomentumStep<TOps, TVector, TNesterov>(TVector decay) : IUpdateStep<TOps, TVector, MomentumStep<TOps, TVector, TNesterov>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TNesterov : struct, Gemm.ISwitch
{
    public static int StateCount => 1;

    public static bool ReadsWeights => false;

    public static MomentumStep<TOps, TVector, TNesterov> Create(in UpdateConstants constants, float factor) => new(TOps.Broadcast(constants.A));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        s0 = TOps.FusedMultiplyAdd(decay, s0, g);
        return TNesterov.IsOn ? TOps.FusedMultiplyAdd(decay, s0, g) : s0;
    }
}

/// <summary><see cref="L2Transform"/> and <see cref="WeightDecayTransform"/>.</summary>
internal readonly struct AddWeightsStep<TOps, TVector>(TVector strength) : IUpdateStep<TOps, TVector, AddWeightsStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int StateCount => 0;

    public static bool ReadsWeights => true;

    public static AddWeightsStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(TOps.Broadcast(constants.A));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2) => TOps.FusedMultiplyAdd(strength, w, g);
}

/// <summary><see cref="L1Transform"/>.</summary>
internal readonly struct AddSignsStep<TOps, TVector>(TVector strength) : IUpdateStep<TOps, TVector, AddSignsStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int StateCount => 0;

    public static bool ReadsWeights => true;

    public static AddSignsStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(TOps.Broadcast(constants.A));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        TVector zero = TOps.Broadcast(0f);
        TVector notAbove = TOps.SelectGreater(zero, w, TOps.Negate(strength), zero);
        return TOps.Add(g, TOps.SelectGreater(w, zero, strength, notAbove));
    }
}

/// <summary><see cref="ClipByValueTransform"/>.</summary>
internal readonly struct ClipStep<TOps, TVector>(TVector limit) : IUpdateStep<TOps, TVector, ClipStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int StateCount => 0;

    public static bool ReadsWeights => false;

    public static ClipStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(TOps.Broadcast(constants.A));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2)
    {
        TVector lower = TOps.Negate(limit);
        return TOps.SelectGreater(g, limit, limit, TOps.SelectGreater(lower, g, lower, g));
    }
}

/// <summary><see cref="ClipByNormTransform"/> and <see cref="LambTransform"/>.</summary>
internal readonly struct ScaleStep<TOps, TVector>(TVector factor) : IUpdateStep<TOps, TVector, ScaleStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int StateCount => 0;

    public static bool ReadsWeights => false;

    public static ScaleStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(TOps.Broadcast(factor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2) => TOps.Multiply(factor, g);
}

/// <summary><see cref="LarsTransform"/>.</summary>
internal readonly struct LarsStep<TOps, TVector>(TVector decay, TVector factor) : IUpdateStep<TOps, TVector, LarsStep<TOps, TVector>>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int StateCount => 0;

    public static bool ReadsWeights => true;

    public static LarsStep<TOps, TVector> Create(in UpdateConstants constants, float factor) => new(TOps.Broadcast(constants.A), TOps.Broadcast(factor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Invoke(TVector g, TVector w, ref TVector s0, ref TVector s1, ref TVector s2) => TOps.Multiply(factor, TOps.FusedMultiplyAdd(decay, w, g));
}
