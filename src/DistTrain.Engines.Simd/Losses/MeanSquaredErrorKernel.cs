using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>Mean over the outputs of (z − target)², gradient 2 (z − target) / width. A label counts as a one-hot target.</summary>
internal static unsafe class MeanSquaredErrorKernel<TOps, TVector>
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
            int label = batch.Labels == null ? -1 : batch.Labels[sample];
            for (int i = 0; i < padded; i++)
            {
                float target = label >= 0 ? (i == label ? 1f : 0f) : i < width ? batch.Values[((nint)sample * width) + i] : 0f;
                row[i] = i < width ? outputs[i] - target : 0f;
            }

            batch.Losses[sample] = SquareDoubleAndSum(row, padded, width, lanes) / width;
            for (int i = 0; i < width; i++)
            {
                gradient[i] = row[i];
            }

            batch.Correct[sample] = label >= 0 && LaneSums.IndexOfMaximum(outputs, width) == label ? (byte)1 : (byte)0;
        }
    }

    /// <summary>The sum of squares of the row, which becomes (2 · row) / width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SquareDoubleAndSum(float* row, int padded, int width, float* lanes)
    {
        TVector divisor = TOps.Broadcast(width);
        new Span<float>(lanes, LaneSums.LaneCount).Clear();
        for (int i = 0; i < padded; i += LaneSums.LaneCount)
        {
            for (int lane = 0; lane < LaneSums.LaneCount; lane += TOps.Width)
            {
                TVector difference = TOps.Load(row + i + lane);
                TOps.Store(TOps.FusedMultiplyAdd(difference, difference, TOps.Load(lanes + lane)), lanes + lane);
                TOps.Store(TOps.Divide(TOps.Add(difference, difference), divisor), row + i + lane);
            }
        }

        return LaneSums.AddLanes(lanes);
    }
}
