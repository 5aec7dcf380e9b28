using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Engines.Simd.Losses;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>softmax of one row in scratch memory.</summary>
internal static unsafe class SoftmaxRow<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>row ← exp(row − maximum) / sum.</summary>
    /// <param name="row">[padded] the outputs, then −∞: exp(−∞) is +0, which changes no lane.</param>
    /// <param name="padded">A multiple of 16.</param>
    /// <param name="maximum">The largest of the outputs.</param>
    /// <returns>The sum of exponentials.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Run(float* row, int padded, float maximum)
    {
        TVector shift = TOps.Broadcast(maximum);
        float* lanes = stackalloc float[LaneSums.LaneCount];
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

        float sum = LaneSums.AddLanes(lanes);
        TVector divisor = TOps.Broadcast(sum);
        for (int i = 0; i < padded; i += TOps.Width)
        {
            TOps.Store(TOps.Divide(TOps.Load(row + i), divisor), row + i);
        }

        return sum;
    }
}
