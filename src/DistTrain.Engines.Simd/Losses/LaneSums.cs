using System.Runtime.CompilerServices;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>The 16 lanes of a sum along the contiguous axis.</summary>
internal static unsafe class LaneSums
{
    public const int LaneCount = 16;

    /// <summary>The smallest multiple of 16 that holds <paramref name="width"/> elements.</summary>
    public static int Padded(int width) => (width + LaneCount - 1) / LaneCount * LaneCount;

    /// <summary>Adds the lanes in the fixed tree: 8 apart, then 4, 2, 1. Destroys them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float AddLanes(float* lanes)
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

    /// <summary>Index of the largest element: the first of equals; the first NaN if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int IndexOfMaximum(float* values, int count)
    {
        int best = 0;
        for (int i = 0; i < count; i++)
        {
            if (float.IsNaN(values[i]))
            {
                return i;
            }

            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }
}
