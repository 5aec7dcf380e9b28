using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Optimization;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>What a pass over a block works on. Lengths are rounded up to whole vectors: every block starts at a multiple of 16 elements.</summary>
internal unsafe struct PassArguments
{
    /// <summary>[length] the update as it enters; of a pass that takes the mean, the undivided root.</summary>
    public float* Source;

    /// <summary>[length] the update as it leaves; of a pass that writes the weights, the new weights.</summary>
    public float* Destination;

    public float* OldWeights;

    /// <summary>[states of the transform] pointers to [length], changed in place.</summary>
    public float** States;

    /// <summary>A multiple of 16.</summary>
    public int Length;

    public int SampleCount;

    public float LearningRate;

    public float Factor;

    /// <summary>Whether the update that enters is the root, to be divided by the sample count.</summary>
    public bool TakesMean;

    /// <summary>Whether what leaves is w' = fma(−rate, u, w).</summary>
    public bool WritesWeights;
}

/// <summary>
/// One transform over a block. Mean, transform and new weights are one loop, as far as they belong to the pass, so that a chain of n transforms takes n passes and memory is read and written once.
/// </summary>
internal static unsafe class UpdatePass<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <param name="transform">Null for none.</param>
    /// <param name="constants">The transform's constants at this step.</param>
    /// <param name="pass">The block.</param>
    /// <returns>Whether all means and all new weights are finite.</returns>
    public static bool Run(UpdateTransform? transform, in UpdateConstants constants, in PassArguments pass) => transform switch
    {
        null => Run<PlainStep<TOps, TVector>>(constants, pass),
        MomentumTransform { Nesterov: false } => Run<MomentumStep<TOps, TVector, Off>>(constants, pass),
        MomentumTransform => Run<MomentumStep<TOps, TVector, On>>(constants, pass),
        AdamTransform => Run<AdamStep<TOps, TVector, Off>>(constants, pass),
        WeightDecayTransform or L2Transform => Run<AddWeightsStep<TOps, TVector>>(constants, pass),
        L1Transform => Run<AddSignsStep<TOps, TVector>>(constants, pass),
        ClipByValueTransform => Run<ClipStep<TOps, TVector>>(constants, pass),
        ClipByNormTransform or LambTransform => Run<ScaleStep<TOps, TVector>>(constants, pass),
        LarsTransform => Run<LarsStep<TOps, TVector>>(constants, pass),
        AmsgradTransform => Run<AdamStep<TOps, TVector, On>>(constants, pass),
        AdamaxTransform => Run<AdamaxStep<TOps, TVector>>(constants, pass),
        NadamTransform => Run<NadamStep<TOps, TVector>>(constants, pass),
        AdagradTransform => Run<AdagradStep<TOps, TVector>>(constants, pass),
        AdadeltaTransform => Run<AdadeltaStep<TOps, TVector>>(constants, pass),
        RmspropTransform { Centered: false } => Run<RmspropStep<TOps, TVector, Off>>(constants, pass),
        RmspropTransform => Run<RmspropStep<TOps, TVector, On>>(constants, pass),
        _ => throw new NotSupportedException($"the SIMD engine has no transform '{transform.GetType().Name}'"),
    };

    private static bool Run<TStep>(in UpdateConstants constants, in PassArguments pass)
        where TStep : struct, IUpdateStep<TOps, TVector, TStep>
    {
        // The reciprocal of a power of two is exact, so the product has the quotient's bits.
        bool isPowerOfTwo = (pass.SampleCount & (pass.SampleCount - 1)) == 0;
        return (pass.TakesMean, isPowerOfTwo, pass.WritesWeights) switch
        {
            (false, _, false) => Loop<TStep, Off, Off, Off>(constants, pass),
            (false, _, true) => Loop<TStep, Off, Off, On>(constants, pass),
            (true, true, false) => Loop<TStep, On, On, Off>(constants, pass),
            (true, true, true) => Loop<TStep, On, On, On>(constants, pass),
            (true, false, false) => Loop<TStep, On, Off, Off>(constants, pass),
            (true, false, true) => Loop<TStep, On, Off, On>(constants, pass),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Loop<TStep, TMean, TReciprocal, TWeights>(in UpdateConstants constants, in PassArguments pass)
        where TStep : struct, IUpdateStep<TOps, TVector, TStep>
        where TMean : struct, ISwitch
        where TReciprocal : struct, ISwitch
        where TWeights : struct, ISwitch
    {
        TStep step = TStep.Create(constants, pass.Factor);
        float* source = pass.Source;
        float* destination = pass.Destination;
        float* oldWeights = pass.OldWeights;
        float* state0 = TStep.StateCount > 0 ? pass.States[0] : null;
        float* state1 = TStep.StateCount > 1 ? pass.States[1] : null;
        float* state2 = TStep.StateCount > 2 ? pass.States[2] : null;
        nint length = pass.Length;
        TVector zero = TOps.Broadcast(0f);
        TVector poison = zero;
        TVector count = TOps.Broadcast(TReciprocal.IsOn ? 1f / pass.SampleCount : pass.SampleCount);
        TVector negativeRate = TOps.Broadcast(-pass.LearningRate);
        for (nint i = 0; i < length; i += TOps.Width)
        {
            TVector u = TOps.Load(source + i);
            if (TMean.IsOn)
            {
                u = TReciprocal.IsOn ? TOps.Multiply(u, count) : TOps.Divide(u, count);
                poison = TOps.FusedMultiplyAdd(u, zero, poison);
            }

            TVector w = TStep.ReadsWeights || TWeights.IsOn ? TOps.Load(oldWeights + i) : zero;
            TVector s0 = TStep.StateCount > 0 ? TOps.Load(state0 + i) : zero;
            TVector s1 = TStep.StateCount > 1 ? TOps.Load(state1 + i) : zero;
            TVector s2 = TStep.StateCount > 2 ? TOps.Load(state2 + i) : zero;
            u = step.Invoke(u, w, ref s0, ref s1, ref s2);
            if (TStep.StateCount > 0)
            {
                TOps.Store(s0, state0 + i);
            }

            if (TStep.StateCount > 1)
            {
                TOps.Store(s1, state1 + i);
            }

            if (TStep.StateCount > 2)
            {
                TOps.Store(s2, state2 + i);
            }

            if (TWeights.IsOn)
            {
                u = TOps.FusedMultiplyAdd(negativeRate, u, w);
                poison = TOps.FusedMultiplyAdd(u, zero, poison);
            }

            TOps.Store(u, destination + i);
        }

        return TOps.AllFinite(poison);
    }
}
