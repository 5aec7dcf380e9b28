using DistTrain.Learning.Numerics;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class OrderStatisticsTests
{
    [Fact]
    public void Quantiles_interpolate_between_order_statistics()
    {
        double[] values = [7, 1, 3, 10];
        Assert.Equal(5, OrderStatistics.Median(values));
        Assert.Equal(1, OrderStatistics.Quantile(values, 0));
        Assert.Equal(10, OrderStatistics.Quantile(values, 1));

        // h = 3 · 0.9 = 2.7: between 7 and 10.
        Assert.Equal(9.1, OrderStatistics.Quantile(values, 0.9), 12);
        Assert.Equal(3, OrderStatistics.Median([3]));
    }

    [Fact]
    public void What_is_no_number_has_no_quantile()
    {
        Assert.Throws<ArgumentException>(() => OrderStatistics.Median([]));
        Assert.Throws<ArgumentException>(() => OrderStatistics.Median([1, double.NaN, 2]));
        Assert.Throws<ArgumentException>(() => OrderStatistics.Quantile([1, 2], 1.5));
    }

    /// <summary>1 − 2 P(Binomial(n, ½) &lt; j), by hand and from the usual tables.</summary>
    [Theory]
    [InlineData(2, 1, 2, 0.5)]
    [InlineData(3, 1, 3, 0.75)]
    [InlineData(4, 1, 4, 0.875)]
    [InlineData(5, 1, 5, 0.9375)]
    [InlineData(7, 1, 7, 0.984375)]
    [InlineData(8, 2, 7, 0.9296875)]
    [InlineData(10, 2, 9, 0.978515625)]
    [InlineData(11, 3, 9, 0.9345703125)]
    [InlineData(20, 6, 15, 0.958610534667969)]
    public void Ranks_are_the_narrowest_that_cover_nine_tenths(int count, int lower, int upper, double coverage)
    {
        var ranks = OrderStatistics.RanksForMedian(count);
        Assert.Equal((lower, upper), (ranks.LowerRank, ranks.UpperRank));
        Assert.Equal(coverage, ranks.Coverage, 12);
    }

    /// <summary>A skewed distribution, whose median is 1: 20,000 draws of n values, against the exact coverage, within four standard errors.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(13)]
    public void Intervals_cover_the_median_as_often_as_they_say(int count)
    {
        const int Repeats = 20_000;
        var random = new CounterBasedRandom(1, (ulong)count);
        var covered = 0;
        var coverage = 0.0;
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var values = new Observation[count];
            for (var i = 0; i < count; i++)
            {
                values[i] = Observation.Exactly(Math.Exp(random.Normal()));
            }

            var interval = OrderStatistics.MedianOf(values).Interval!;
            covered += interval.Lower <= 1 && 1 <= interval.Upper ? 1 : 0;
            coverage = interval.Coverage;
        }

        Assert.InRange(covered / (double)Repeats, coverage - (4 * Math.Sqrt(coverage * (1 - coverage) / Repeats)), coverage + (4 * Math.Sqrt(coverage * (1 - coverage) / Repeats)));
    }

    [Fact]
    public void A_minority_of_censored_values_leaves_the_median_and_opens_the_interval()
    {
        var estimate = OrderStatistics.MedianOf([Observation.Exactly(300), Observation.MoreThan(1000), Observation.Exactly(100), Observation.Exactly(200), Observation.MoreThan(1000)]);
        Assert.Equal(300, estimate.Median);
        Assert.Null(estimate.Refusal);
        Assert.Equal(2, estimate.CensoredCount);
        Assert.Equal(new MedianInterval(100, 1000, 0.9375, IsLowerCensored: false, IsUpperCensored: true), estimate.Interval);
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(4, 2)]
    [InlineData(1, 1)]
    public void With_half_or_more_censored_there_is_no_median(int count, int censored)
    {
        var estimate = OrderStatistics.MedianOf([.. Enumerable.Range(0, count).Select(i => i < censored ? Observation.MoreThan(1000) : Observation.Exactly(100 + i))]);
        Assert.Null(estimate.Median);
        Assert.Contains($"{censored} of {count} did not get there", estimate.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bound_below_the_median_leaves_it_unknown()
    {
        // The second value may be 60, and the median 200, or 250, and the median 250, or more, and the median 300.
        var estimate = OrderStatistics.MedianOf([Observation.Exactly(100), Observation.MoreThan(50), Observation.Exactly(200), Observation.Exactly(300), Observation.Exactly(400)]);
        Assert.Null(estimate.Median);
        Assert.Contains("between 200 and 300", estimate.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void All_censored_gives_an_interval_that_is_open_at_both_ends()
    {
        var interval = OrderStatistics.MedianOf([Observation.MoreThan(10), Observation.MoreThan(10)]).Interval!;
        Assert.True(interval.IsLowerCensored && interval.IsUpperCensored);
    }

    [Fact]
    public void One_value_has_no_interval() => Assert.Equal(new MedianEstimate(4, null, 1, 0, null), OrderStatistics.MedianOf([Observation.Exactly(4)]));
}
