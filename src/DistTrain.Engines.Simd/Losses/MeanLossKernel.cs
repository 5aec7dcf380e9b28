using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>What one output adds to a loss that is a mean over outputs, and the slope there.</summary>
internal interface IElementLoss<TOps, TVector>
{
    static abstract (TVector Loss, TVector Gradient) Invoke(TVector output, TVector target, in LossConstants<TVector> constants);
}

/// <summary>The numbers that element losses need, in every lane.</summary>
internal readonly struct LossConstants<TVector>(TVector delta, TVector keptShare, TVector added)
{
    /// <summary>Where the Huber loss turns straight.</summary>
    public readonly TVector Delta = delta;

    /// <summary>1 − ε of a smoothed binary target.</summary>
    public readonly TVector KeptShare = keptShare;

    /// <summary>ε / 2 of a smoothed binary target.</summary>
    public readonly TVector Added = added;
}

/// <summary>A loss that is the mean over the outputs of a function of each, gradient divided by width.</summary>
internal static unsafe class MeanLossKernel<TOps, TVector, TElement>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TElement : struct, IElementLoss<TOps, TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in LossBatch batch)
    {
        int width = batch.Width;
        int padded = LaneSums.Padded(width);
        float* row = batch.RowScratch;
        float* targets = row + padded;
        float* losses = targets + padded;
        var constants = new LossConstants<TVector>(
            TOps.Broadcast(batch.HuberDelta), TOps.Broadcast((float)(1 - batch.LabelSmoothing)), TOps.Broadcast((float)(batch.LabelSmoothing / 2)));
        TVector divisor = TOps.Broadcast(width);
        for (int sample = 0; sample < batch.SampleCount; sample++)
        {
            float* outputs = batch.Outputs + ((nint)sample * width);
            LossRows.Load(outputs, width, 0f, row);
            LossRows.LoadTargets(batch, sample, targets);
            for (int i = 0; i < padded; i += TOps.Width)
            {
                (TVector loss, TVector gradient) = TElement.Invoke(TOps.Load(row + i), TOps.Load(targets + i), constants);
                TOps.Store(loss, losses + i);
                TOps.Store(TOps.Divide(gradient, divisor), row + i);
            }

            // Padding may have a loss of its own.
            new Span<float>(losses + width, padded - width).Clear();
            batch.Losses[sample] = LaneLoop<TOps, TVector>.Sum(losses, padded) / width;
            batch.Correct[sample] = LossRows.Correct(batch, sample, outputs);
            Pointers.Copy(row, batch.Gradient + ((nint)sample * width), width);
        }
    }
}

/// <summary>|z − t|; slope sign(z − t).</summary>
internal readonly struct AbsoluteErrorElement<TOps, TVector> : IElementLoss<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TVector Loss, TVector Gradient) Invoke(TVector output, TVector target, in LossConstants<TVector> constants)
    {
        TVector zero = TOps.Broadcast(0f);
        TVector difference = TOps.Subtract(output, target);
        TVector sign = TOps.SelectGreater(difference, zero, TOps.Broadcast(1f), TOps.SelectGreater(zero, difference, TOps.Broadcast(-1f), difference));
        return (TOps.Absolute(difference), sign);
    }
}

/// <summary>d² / 2 up to δ, then δ (|d| − δ / 2); slope d clamped to ±δ.</summary>
internal readonly struct HuberElement<TOps, TVector> : IElementLoss<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TVector Loss, TVector Gradient) Invoke(TVector output, TVector target, in LossConstants<TVector> constants)
    {
        TVector half = TOps.Broadcast(0.5f);
        TVector delta = constants.Delta;
        TVector difference = TOps.Subtract(output, target);
        TVector magnitude = TOps.Absolute(difference);
        TVector parabola = TOps.Multiply(TOps.Multiply(half, magnitude), magnitude);
        TVector line = TOps.Multiply(delta, TOps.Subtract(magnitude, TOps.Multiply(half, delta)));
        TVector negative = TOps.Negate(delta);
        TVector slope = TOps.SelectGreater(difference, delta, delta, TOps.SelectGreater(negative, difference, negative, difference));
        return (TOps.SelectLessOrEqual(magnitude, delta, parabola, line), slope);
    }
}

/// <summary>fma(−z, t, max(z, 0)) + log(1 + exp(−|z|)); slope σ(z) − t; t = fma(target, 1 − ε, ε / 2).</summary>
internal readonly struct BinaryCrossEntropyElement<TOps, TVector> : IElementLoss<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TVector Loss, TVector Gradient) Invoke(TVector output, TVector target, in LossConstants<TVector> constants)
    {
        TVector zero = TOps.Broadcast(0f);
        TVector smoothed = TOps.FusedMultiplyAdd(target, constants.KeptShare, constants.Added);
        TVector positive = TOps.SelectLessOrEqual(output, zero, zero, output);
        TVector tail = VectorMath<TOps, TVector>.Softplus(TOps.Negate(TOps.Absolute(output)));
        TVector loss = TOps.Add(TOps.FusedMultiplyAdd(TOps.Negate(output), smoothed, positive), tail);
        return (loss, TOps.Subtract(VectorMath<TOps, TVector>.Sigmoid(output), smoothed));
    }
}
