using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Study.Statistics;

/// <summary>Ranks of two order statistics that enclose the median.</summary>
/// <param name="LowerRank">1-based, in ascending order.</param>
/// <param name="Coverage">The exact probability that the interval holds the median of a continuous distribution.</param>
public readonly record struct MedianRanks(int LowerRank, int UpperRank, double Coverage);

/// <summary>An order-statistic interval for the median.</summary>
/// <param name="IsLowerCensored">Whether the lower end is only known to be greater than <paramref name="Lower"/>.</param>
/// <param name="IsUpperCensored">Whether the upper end is only known to be greater than <paramref name="Upper"/>: the interval is open above.</param>
/// <param name="Coverage">Exact, for a continuous distribution; below <see cref="OrderStatistics.WantedCoverage"/> where there are too few values for more.</param>
public sealed record MedianInterval(double Lower, double Upper, double Coverage, bool IsLowerCensored, bool IsUpperCensored);

/// <summary>The median of values some of which may be censored, or why there is none.</summary>
/// <param name="Median">Null when it is refused.</param>
/// <param name="Interval">Null below two values.</param>
/// <param name="Refusal">One sentence; null when there is a median.</param>
public sealed record MedianEstimate(double? Median, MedianInterval? Interval, int Count, int CensoredCount, string? Refusal);

/// <summary>Medians, quantiles and the intervals that need no assumption on the distribution.</summary>
public static class OrderStatistics
{
    /// <summary>What an interval's coverage should be at least.</summary>
    public const double WantedCoverage = 0.9;

    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    /// <exception cref="ArgumentException">There are no values, or one is not a number.</exception>
    public static double Median(IEnumerable<double> values) => Quantile(values, 0.5);

    /// <summary>
    /// The quantile with linear interpolation between order statistics: with h = (n − 1) p, x₍⌊h⌋₊₁₎ + (h − ⌊h⌋)(x₍⌊h⌋₊₂₎ − x₍⌊h⌋₊₁₎). Definition 7 of R. J. Hyndman, Y. Fan,
    /// "Sample quantiles in statistical packages", The American Statistician 50(4), 1996.
    /// </summary>
    /// <param name="probability">From 0 to 1.</param>
    /// <exception cref="ArgumentException">There are no values, one is not a number, or the probability is out of range.</exception>
    public static double Quantile(IEnumerable<double> values, double probability)
    {
        ArgumentNullException.ThrowIfNull(values);
        return QuantileOfSorted([.. values.Order()], probability);
    }

    /// <summary>The same for values that are in ascending order already.</summary>
    /// <exception cref="ArgumentException">There are no values, one is not a number, or the probability is out of range.</exception>
    public static double QuantileOfSorted(IReadOnlyList<double> sorted, double probability)
    {
        ArgumentNullException.ThrowIfNull(sorted);

        // Order() puts what is not a number first.
        if (sorted.Count == 0 || double.IsNaN(sorted[0]) || !(probability is >= 0 and <= 1))
        {
            throw new ArgumentException($"a quantile needs values that are numbers and a probability from 0 to 1, but there are {sorted.Count} values and the probability is {probability}", nameof(sorted));
        }

        var position = (sorted.Count - 1) * probability;
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, sorted.Count - 1);
        var share = position - below;

        // Infinities are values too, and infinity minus infinity is none.
        return share == 0 || sorted[below] == sorted[above] ? sorted[below] : sorted[below] + (share * (sorted[above] - sorted[below]));
    }

    /// <summary>
    /// The narrowest symmetric pair of ranks (j, n + 1 − j) whose coverage 1 − 2 Σ_{i&lt;j} C(n, i) / 2ⁿ is at least the wanted one; the least and the greatest value where none is
    /// (n &lt; 5 for 0.9). n = 5 gives (1, 5) with 93.75 %. Source: H. A. David, H. N. Nagaraja, "Order Statistics", 2003, section 7.1.
    /// </summary>
    /// <param name="count">n, from 2 to 1000.</param>
    public static MedianRanks RanksForMedian(int count, double wantedCoverage = WantedCoverage)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1000);
        var probability = Math.ScaleB(1.0, -count);
        var tail = probability;
        var best = new MedianRanks(1, count, 1 - (2 * tail));
        for (var rank = 2; rank <= count / 2; rank++)
        {
            // From C(n, rank - 2) to C(n, rank - 1), over 2^n.
            probability *= (count - rank + 2.0) / (rank - 1.0);
            tail += probability;
            if (1 - (2 * tail) < wantedCoverage)
            {
                break;
            }

            best = new MedianRanks(rank, count + 1 - rank, 1 - (2 * tail));
        }

        return best;
    }

    /// <summary>
    /// Median and interval of values that may be censored. The median is refused where half or more are censored, and where a bound lies below what would be the median, so that
    /// its rank is unknown.
    /// </summary>
    public static MedianEstimate MedianOf(IReadOnlyList<Observation> observations)
    {
        ArgumentNullException.ThrowIfNull(observations);
        var censored = observations.Count(observation => observation.IsCensored);
        if (observations.Count == 0)
        {
            return new MedianEstimate(null, null, 0, 0, "there are no values");
        }

        // Every order statistic of the unknown values lies between the same one of their lower and of their upper bounds.
        var lower = observations.Select(observation => observation.Value).Order().ToImmutableArray();
        var upper = observations.Select(observation => observation.UpperBound).Order().ToImmutableArray();
        var interval = observations.Count < 2 ? null : Interval(lower, upper);
        if (censored * 2 >= observations.Count)
        {
            return new MedianEstimate(null, interval, observations.Count, censored, $"{censored} of {observations.Count} did not get there: with half or more censored there is no median");
        }

        var (least, greatest) = (QuantileOfSorted(lower, 0.5), QuantileOfSorted(upper, 0.5));
        return least == greatest
            ? new MedianEstimate(least, interval, observations.Count, censored, null)
            : new MedianEstimate(null, interval, observations.Count, censored, string.Create(CultureInfo.InvariantCulture, $"{censored} of {observations.Count} were stopped below {greatest:G6}, where the median may be: it is only known to lie between {least:G6} and {greatest:G6}"));
    }

    private static MedianInterval Interval(ImmutableArray<double> lower, ImmutableArray<double> upper)
    {
        var ranks = RanksForMedian(lower.Length);
        var (low, high) = (ranks.LowerRank - 1, ranks.UpperRank - 1);
        return new MedianInterval(lower[low], lower[high], ranks.Coverage, lower[low] != upper[low], lower[high] != upper[high]);
    }
}
