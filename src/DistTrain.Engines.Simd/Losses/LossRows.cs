using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>What the loss kernels do to a row, which is padded to a multiple of 16 elements in scratch memory.</summary>
internal static unsafe class LossRows
{
    /// <summary>row = the outputs, then <paramref name="padding"/> up to the next multiple of 16.</summary>
    public static void Load(float* outputs, int width, float padding, float* row)
    {
        Pointers.Copy(outputs, row, width);
        new Span<float>(row + width, LaneSums.Padded(width) - width).Fill(padding);
    }

    /// <summary>row = the target values of a sample, or 1 at its label and 0 elsewhere; then zeros up to the next multiple of 16.</summary>
    public static void LoadTargets(in LossBatch batch, int sample, float* row)
    {
        if (batch.Labels == null)
        {
            Load(batch.Values + ((nint)sample * batch.Width), batch.Width, 0f, row);
            return;
        }

        new Span<float>(row, LaneSums.Padded(batch.Width)).Clear();
        int position = batch.Labels[sample] - batch.FirstClass;
        if ((uint)position < (uint)batch.Width)
        {
            row[position] = 1f;
        }
    }

    /// <summary>1 where the predicted class is the sample's label.</summary>
    public static int Correct(in LossBatch batch, int sample, float* outputs)
    {
        if (batch.Labels == null)
        {
            return 0;
        }

        int predicted = batch.FirstClass == 0 ? LaneSums.IndexOfMaximum(outputs, batch.Width) : outputs[0] > 0f ? 1 : 0;
        return predicted == batch.Labels[sample] ? 1 : 0;
    }
}

/// <summary>Sums of padded rows in 16 lanes.</summary>
internal static unsafe class LaneLoop<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Sum(float* row, int padded)
    {
        float* lanes = stackalloc float[LaneSums.LaneCount];
        for (int lane = 0; lane < LaneSums.LaneCount; lane += TOps.Width)
        {
            TVector sum = TOps.Broadcast(0f);
            for (int i = lane; i < padded; i += LaneSums.LaneCount)
            {
                sum = TOps.Add(sum, TOps.Load(row + i));
            }

            TOps.Store(sum, lanes + lane);
        }

        return LaneSums.AddLanes(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumOfProducts(float* left, float* right, int padded)
    {
        float* lanes = stackalloc float[LaneSums.LaneCount];
        for (int lane = 0; lane < LaneSums.LaneCount; lane += TOps.Width)
        {
            TVector sum = TOps.Broadcast(0f);
            for (int i = lane; i < padded; i += LaneSums.LaneCount)
            {
                sum = TOps.FusedMultiplyAdd(TOps.Load(left + i), TOps.Load(right + i), sum);
            }

            TOps.Store(sum, lanes + lane);
        }

        return LaneSums.AddLanes(lanes);
    }
}
