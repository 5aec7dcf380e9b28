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
        float* targets = row + padded;
        TVector divisor = TOps.Broadcast(width);
        for (int sample = 0; sample < batch.SampleCount; sample++)
        {
            float* outputs = batch.Outputs + ((nint)sample * width);
            LossRows.Load(outputs, width, 0f, row);
            LossRows.LoadTargets(batch, sample, targets);
            for (int i = 0; i < padded; i += TOps.Width)
            {
                TOps.Store(TOps.Subtract(TOps.Load(row + i), TOps.Load(targets + i)), row + i);
            }

            batch.Losses[sample] = LaneLoop<TOps, TVector>.SumOfProducts(row, row, padded) / width;
            for (int i = 0; i < padded; i += TOps.Width)
            {
                TVector difference = TOps.Load(row + i);
                TOps.Store(TOps.Divide(TOps.Add(difference, difference), divisor), row + i);
            }

            batch.Correct[sample] = LossRows.Correct(batch, sample, outputs);
            Pointers.Copy(row, batch.Gradient + ((nint)sample * width), width);
        }
    }
}
