using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>The loops of an update that are not transforms. Lengths are multiples of 16.</summary>
internal static unsafe class UpdateLoops<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>sum[i] = left[i] + right[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* left, float* right, float* sum, int length)
    {
        for (int i = 0; i < length; i += TOps.Width)
        {
            TOps.Store(TOps.Add(TOps.Load(left + i), TOps.Load(right + i)), sum + i);
        }
    }

    /// <summary>difference[i] = left[i] − right[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(float* left, float* right, float* difference, int length)
    {
        for (int i = 0; i < length; i += TOps.Width)
        {
            TOps.Store(TOps.Subtract(TOps.Load(left + i), TOps.Load(right + i)), difference + i);
        }
    }

    /// <summary>new[i] = fma(momentum, sum[i] / count − old[i], old[i]): a running statistic.</summary>
    /// <returns>Whether all new values are finite.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool MoveStatistic(float* sum, int count, float momentum, float* oldValues, float* newValues, int length)
    {
        TVector zero = TOps.Broadcast(0f);
        TVector poison = zero;
        TVector divisor = TOps.Broadcast(count);
        TVector share = TOps.Broadcast(momentum);
        for (int i = 0; i < length; i += TOps.Width)
        {
            TVector old = TOps.Load(oldValues + i);
            TVector moved = TOps.FusedMultiplyAdd(share, TOps.Subtract(TOps.Divide(TOps.Load(sum + i), divisor), old), old);
            poison = TOps.FusedMultiplyAdd(moved, zero, poison);
            TOps.Store(moved, newValues + i);
        }

        return TOps.AllFinite(poison);
    }
}
