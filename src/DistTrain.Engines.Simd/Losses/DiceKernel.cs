using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>1 − (2 Σ p t + 1) / (Σ p + Σ t + 1) with p = σ(z); gradient (d − 2 t) / D · (p − p²).</summary>
internal static unsafe class DiceKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in LossBatch batch)
    {
        int width = batch.Width;
        int padded = LaneSums.Padded(width);
        float* row = batch.RowScratch;
        float* targets = row + padded;
        for (int sample = 0; sample < batch.SampleCount; sample++)
        {
            // σ(−∞) is +0, which changes no sum.
            LossRows.Load(batch.Outputs + ((nint)sample * width), width, float.NegativeInfinity, row);
            LossRows.LoadTargets(batch, sample, targets);
            for (int i = 0; i < padded; i += TOps.Width)
            {
                TOps.Store(VectorMath<TOps, TVector>.Sigmoid(TOps.Load(row + i)), row + i);
            }

            float overlap = LaneLoop<TOps, TVector>.SumOfProducts(row, targets, padded);
            float denominator = LaneLoop<TOps, TVector>.Sum(row, padded) + LaneLoop<TOps, TVector>.Sum(targets, padded) + 1f;
            float coefficient = (overlap + overlap + 1f) / denominator;
            WriteGradient(row, targets, padded, coefficient, denominator);
            Pointers.Copy(row, batch.Gradient + ((nint)sample * width), width);
            batch.Losses[sample] = 1f - coefficient;
            batch.Correct[sample] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteGradient(float* row, float* targets, int padded, float coefficient, float denominator)
    {
        TVector minuend = TOps.Broadcast(coefficient);
        TVector divisor = TOps.Broadcast(denominator);
        for (int i = 0; i < padded; i += TOps.Width)
        {
            TVector p = TOps.Load(row + i);
            TVector t = TOps.Load(targets + i);
            TVector byProbability = TOps.Divide(TOps.Subtract(minuend, TOps.Add(t, t)), divisor);
            TOps.Store(TOps.Multiply(byProbability, TOps.FusedMultiplyAdd(TOps.Negate(p), p, p)), row + i);
        }
    }
}
