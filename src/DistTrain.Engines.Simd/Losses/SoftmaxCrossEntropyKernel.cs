using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Numerics;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>Softmax and cross-entropy in one pass over each row: loss log Σ exp(z − max) − (z[label] − max), gradient softmax(z) − onehot(label).</summary>
internal static unsafe class SoftmaxCrossEntropyKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in LossBatch batch)
    {
        int width = batch.Width;
        int padded = LaneSums.Padded(width);
        float* row = batch.RowScratch;
        float* lanes = stackalloc float[LaneSums.LaneCount];
        for (int sample = 0; sample < batch.SampleCount; sample++)
        {
            float* outputs = batch.Outputs + ((nint)sample * width);
            float* gradient = batch.Gradient + ((nint)sample * width);
            int label = batch.Labels[sample];
            int best = LaneSums.IndexOfMaximum(outputs, width);
            float maximum = outputs[best];
            for (int i = 0; i < padded; i++)
            {
                // exp(−∞) is +0, which changes no lane.
                row[i] = i < width ? outputs[i] : float.NegativeInfinity;
            }

            float sum = ExponentiateAndSum(row, padded, maximum, lanes);
            TVector divisor = TOps.Broadcast(sum);
            for (int i = 0; i < padded; i += TOps.Width)
            {
                TOps.Store(TOps.Divide(TOps.Load(row + i), divisor), row + i);
            }

            for (int i = 0; i < width; i++)
            {
                gradient[i] = row[i];
            }

            gradient[label] -= 1f;
            batch.Losses[sample] = DeterministicMath.Log(sum) - (outputs[label] - maximum);
            batch.Correct[sample] = best == label ? (byte)1 : (byte)0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float ExponentiateAndSum(float* row, int padded, float maximum, float* lanes)
    {
        TVector shift = TOps.Broadcast(maximum);
        new Span<float>(lanes, LaneSums.LaneCount).Clear();
        for (int i = 0; i < padded; i += LaneSums.LaneCount)
        {
            for (int lane = 0; lane < LaneSums.LaneCount; lane += TOps.Width)
            {
                TVector e = VectorMath<TOps, TVector>.Exp(TOps.Subtract(TOps.Load(row + i + lane), shift));
                TOps.Store(e, row + i + lane);
                TOps.Store(TOps.Add(TOps.Load(lanes + lane), e), lanes + lane);
            }
        }

        return LaneSums.AddLanes(lanes);
    }
}
