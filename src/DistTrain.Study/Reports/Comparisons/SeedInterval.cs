using MathNet.Numerics.Distributions;

namespace DistTrain.Study.Reports.Comparisons;

/// <summary>A mean over seeds with its t interval, or the difference of two.</summary>
/// <param name="Mean">Of the values, or the difference of means.</param>
/// <param name="Lower">Null where one value alone says nothing of the spread.</param>
/// <param name="Upper">Likewise.</param>
/// <param name="Count">Values that it rests on.</param>
public readonly record struct SeedInterval(double Mean, double? Lower, double? Upper, int Count)
{
    public const double UsualConfidence = 0.95;

    /// <summary>x̄ ± t(n−1) s/√n; null without values. It supposes that values over seeds are about normal.</summary>
    /// <param name="values">One for each seed.</param>
    /// <param name="confidence">0 to 1.</param>
    public static SeedInterval? Of(IReadOnlyCollection<double> values, double confidence = UsualConfidence)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
        {
            return null;
        }

        var mean = values.Average();
        if (values.Count == 1)
        {
            return new SeedInterval(mean, null, null, 1);
        }

        var half = Quantile(values.Count - 1, confidence) * Math.Sqrt(Variance(values) / values.Count);
        return new SeedInterval(mean, mean - half, mean + half, values.Count);
    }

    /// <summary>The interval's part between two bounds that no value can be beyond.</summary>
    public SeedInterval Within(double least, double most) => this with { Lower = Lower is { } lower ? Math.Max(least, lower) : null, Upper = Upper is { } upper ? Math.Min(most, upper) : null };

    /// <summary>Mean of the first less mean of the second, with the interval of B. L. Welch (1947), which lets the spreads differ; null where a side has fewer than two values.</summary>
    public static SeedInterval? Difference(IReadOnlyCollection<double> first, IReadOnlyCollection<double> second, double confidence = UsualConfidence)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count < 2 || second.Count < 2)
        {
            return null;
        }

        var (one, other) = (Variance(first) / first.Count, Variance(second) / second.Count);
        var difference = first.Average() - second.Average();
        var spread = one + other;
        if (spread == 0)
        {
            return new SeedInterval(difference, difference, difference, first.Count + second.Count);
        }

        var freedom = spread * spread / ((one * one / (first.Count - 1)) + (other * other / (second.Count - 1)));
        var half = Quantile(freedom, confidence) * Math.Sqrt(spread);
        return new SeedInterval(difference, difference - half, difference + half, first.Count + second.Count);
    }

    private static double Quantile(double freedom, double confidence) => StudentT.InvCDF(0, 1, freedom, 1 - ((1 - confidence) / 2));

    private static double Variance(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
    }
}
