using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Measuring;

/// <summary>
/// Fused multiply-adds on registers alone, twelve chains at a time: enough for two units with a latency of up to six cycles, and few enough for sixteen registers. What a core can do when nothing is
/// read from memory.
/// </summary>
internal static unsafe class PeakKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private const int Chains = 12;

    public static double OperationsOfRound => 2.0 * Chains * TOps.Width;

    /// <returns>A sum of all chains, so that none of them can be left out.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Run(long rounds)
    {
        TVector factor = TOps.Broadcast(0.75f);
        TVector addend = TOps.Broadcast(0.25f);
        TVector a = TOps.Broadcast(1), b = TOps.Broadcast(2), c = TOps.Broadcast(3), d = TOps.Broadcast(4), e = TOps.Broadcast(5), f = TOps.Broadcast(6);
        TVector g = TOps.Broadcast(7), h = TOps.Broadcast(8), i = TOps.Broadcast(9), j = TOps.Broadcast(10), k = TOps.Broadcast(11), l = TOps.Broadcast(12);
        for (long round = 0; round < rounds; round++)
        {
            a = TOps.FusedMultiplyAdd(a, factor, addend);
            b = TOps.FusedMultiplyAdd(b, factor, addend);
            c = TOps.FusedMultiplyAdd(c, factor, addend);
            d = TOps.FusedMultiplyAdd(d, factor, addend);
            e = TOps.FusedMultiplyAdd(e, factor, addend);
            f = TOps.FusedMultiplyAdd(f, factor, addend);
            g = TOps.FusedMultiplyAdd(g, factor, addend);
            h = TOps.FusedMultiplyAdd(h, factor, addend);
            i = TOps.FusedMultiplyAdd(i, factor, addend);
            j = TOps.FusedMultiplyAdd(j, factor, addend);
            k = TOps.FusedMultiplyAdd(k, factor, addend);
            l = TOps.FusedMultiplyAdd(l, factor, addend);
        }

        TVector left = TOps.Add(TOps.Add(TOps.Add(a, b), TOps.Add(c, d)), TOps.Add(e, f));
        TVector right = TOps.Add(TOps.Add(TOps.Add(g, h), TOps.Add(i, j)), TOps.Add(k, l));
        float* lanes = stackalloc float[16];
        TOps.Store(TOps.Add(left, right), lanes);
        return lanes[0];
    }
}
