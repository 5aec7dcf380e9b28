using System.Collections.Immutable;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>Leaves out of a line what nobody could see.</summary>
public static class Thinning
{
    /// <summary>
    /// First, least, greatest and last point of each column of pixels: the line drawn through them covers the same pixels (U. Jugel et al., M4: A Visualization-Oriented Time Series Data Aggregation, VLDB 2014).
    /// </summary>
    /// <param name="points">In pixels, in order of x.</param>
    /// <param name="columnWidth">In pixels, above 0.</param>
    public static ImmutableArray<(double X, double Y)> Visible(ImmutableArray<(double X, double Y)> points, double columnWidth = 1)
    {
        var kept = ImmutableArray.CreateBuilder<(double, double)>();
        for (var first = 0; first < points.Length;)
        {
            var column = Math.Floor(points[first].X / columnWidth);
            var (least, greatest, last) = (first, first, first);
            for (var next = first + 1; next < points.Length && Math.Floor(points[next].X / columnWidth) == column; next++)
            {
                last = next;
                least = points[next].Y < points[least].Y ? next : least;
                greatest = points[next].Y > points[greatest].Y ? next : greatest;
            }

            foreach (var index in new SortedSet<int> { first, least, greatest, last })
            {
                kept.Add(points[index]);
            }

            first = last + 1;
        }

        return kept.ToImmutable();
    }
}
