using System.Numerics;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>The one definition of a sum along the contiguous axis, and of the maximum.</summary>
internal static class ReferenceSums
{
    private const int LaneCount = 16;

    /// <summary>Element i goes to lane i mod 16, each lane from +0 in order; then lanes are added 8 apart, 4 apart, 2 apart, 1 apart.</summary>
    public static T Sum<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<T> lanes = stackalloc T[LaneCount];
        lanes.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            lanes[i % LaneCount] += values[i];
        }

        return AddLanes(lanes);
    }

    /// <summary>As <see cref="Sum{T}"/>, with each element squared by fused multiply-add into its lane.</summary>
    public static T SumOfSquares<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => SumOfProducts(values, values);

    /// <summary>As <see cref="Sum{T}"/>, with the product of each pair of elements added by fused multiply-add to its lane.</summary>
    public static T SumOfProducts<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<T> lanes = stackalloc T[LaneCount];
        lanes.Clear();
        for (var i = 0; i < left.Length; i++)
        {
            lanes[i % LaneCount] = T.FusedMultiplyAdd(left[i], right[i], lanes[i % LaneCount]);
        }

        return AddLanes(lanes);
    }

    /// <summary>Index of the largest element: the first of equals; the first NaN if there is one.</summary>
    public static int IndexOfMaximum<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var best = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (T.IsNaN(values[i]))
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

    private static T AddLanes<T>(Span<T> lanes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var distance = LaneCount / 2; distance >= 1; distance /= 2)
        {
            for (var i = 0; i < distance; i++)
            {
                lanes[i] += lanes[i + distance];
            }
        }

        return lanes[0];
    }
}
