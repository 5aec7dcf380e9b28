namespace DistTrain.Cli.Benchmarking;

/// <summary>The line t = a + b·n through measured times.</summary>
/// <param name="Start">a, at least 0.</param>
/// <param name="Slope">b.</param>
/// <param name="LargestError">As a share of the measured time.</param>
public readonly record struct LineFit(double Start, double Slope, double LargestError)
{
    /// <summary>Least squares of the relative errors, so that small sizes count as much as large ones.</summary>
    /// <param name="points">Two at least, of different sizes; times above 0.</param>
    public static LineFit Through(IReadOnlyCollection<(int Size, double Seconds)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        double weights = 0, sizes = 0, squares = 0, times = 0, products = 0;
        foreach (var (size, seconds) in points)
        {
            var weight = 1 / (seconds * seconds);
            weights += weight;
            sizes += weight * size;
            squares += weight * size * size;
            times += weight * seconds;
            products += weight * size * seconds;
        }

        var slope = ((weights * products) - (sizes * times)) / ((weights * squares) - (sizes * sizes));
        var start = (times - (slope * sizes)) / weights;
        if (start < 0)
        {
            (start, slope) = (0, products / squares);
        }

        return new LineFit(start, slope, points.Max(point => Math.Abs(start + (slope * point.Size) - point.Seconds) / point.Seconds));
    }
}
