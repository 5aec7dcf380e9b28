using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>
/// Sums of squares in 16 lanes of double: element i is added to lane i mod 16, each lane in order. A product of two floats is exact in double, so fused and separate addition
/// have the same bits.
/// </summary>
internal static unsafe class SquareSums
{
    public const int LaneCount = 16;

    /// <summary>lanes[i mod 16] += x[i]².</summary>
    /// <param name="width">Floats in a vector of the kernel path: 16, 8 or 4.</param>
    /// <param name="x">[length].</param>
    /// <param name="length">A multiple of 16.</param>
    /// <param name="lanes">[16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(int width, float* x, int length, double* lanes)
    {
        switch (width)
        {
            case 16:
                Add512(x, length, lanes);
                break;
            case 8:
                Add256(x, length, lanes);
                break;
            default:
                Add128(x, length, lanes);
                break;
        }
    }

    /// <summary>Adds the lanes in the fixed tree: 8 apart, then 4, 2, 1. Destroys them.</summary>
    public static double AddLanes(double* lanes)
    {
        for (int distance = LaneCount / 2; distance >= 1; distance /= 2)
        {
            for (int i = 0; i < distance; i++)
            {
                lanes[i] += lanes[i + distance];
            }
        }

        return lanes[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add512(float* x, int length, double* lanes)
    {
        Vector512<double> a = Vector512.Load(lanes), b = Vector512.Load(lanes + 8);
        for (int i = 0; i < length; i += LaneCount)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(Vector512.Load(x + i));
            a = Vector512.FusedMultiplyAdd(lower, lower, a);
            b = Vector512.FusedMultiplyAdd(upper, upper, b);
        }

        Vector512.Store(a, lanes);
        Vector512.Store(b, lanes + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add256(float* x, int length, double* lanes)
    {
        Vector256<double> a = Vector256.Load(lanes), b = Vector256.Load(lanes + 4), c = Vector256.Load(lanes + 8), d = Vector256.Load(lanes + 12);
        for (int i = 0; i < length; i += LaneCount)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Load(x + i));
            a = Vector256.FusedMultiplyAdd(lower, lower, a);
            b = Vector256.FusedMultiplyAdd(upper, upper, b);
            (lower, upper) = Vector256.Widen(Vector256.Load(x + i + 8));
            c = Vector256.FusedMultiplyAdd(lower, lower, c);
            d = Vector256.FusedMultiplyAdd(upper, upper, d);
        }

        Vector256.Store(a, lanes);
        Vector256.Store(b, lanes + 4);
        Vector256.Store(c, lanes + 8);
        Vector256.Store(d, lanes + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add128(float* x, int length, double* lanes)
    {
        for (int i = 0; i < length; i += LaneCount)
        {
            for (int lane = 0; lane < LaneCount; lane += 4)
            {
                (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(Vector128.Load(x + i + lane));
                Vector128.Store(Vector128.Load(lanes + lane) + (lower * lower), lanes + lane);
                Vector128.Store(Vector128.Load(lanes + lane + 2) + (upper * upper), lanes + lane + 2);
            }
        }
    }
}
