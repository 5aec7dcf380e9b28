using DistTrain.Study.Statistics;

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

        var mean = GroupMean.Of(values, confidence);
        return new SeedInterval(mean.Mean, mean.Interval?.Lower, mean.Interval?.Upper, mean.Count);
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

        var welch = MeanDifference.Welch(second, first, confidence);
        return new SeedInterval(welch.Difference, welch.Interval?.Lower, welch.Interval?.Upper, first.Count + second.Count);
    }
}
