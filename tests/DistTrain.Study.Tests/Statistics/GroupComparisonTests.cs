using DistTrain.Learning.Numerics;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class GroupComparisonTests
{
    /// <summary>1, 2, 3, 4, 5: mean 3, s = √2.5, t(0.975; 4) = 2.7764451.</summary>
    [Fact]
    public void A_mean_has_students_interval()
    {
        var mean = GroupMean.Of([1, 2, 3, 4, 5]);
        Assert.Equal(3, mean.Mean);
        Assert.Equal(Math.Sqrt(2.5), mean.StandardDeviation!.Value, 12);
        Assert.Equal(3 + (2.7764451052 * Math.Sqrt(0.5)), mean.Interval!.Value.Upper, 7);
    }

    [Fact]
    public void A_single_value_has_no_interval() => Assert.Equal(new GroupMean(1, 7, null, null), GroupMean.Of([7]));

    [Fact]
    public void A_band_is_as_long_as_the_shortest_curve()
    {
        var band = GroupMean.Band([[1.0, 2, 3], [3.0, 4]]);
        Assert.Equal([2, 3], band.Select(mean => mean.Mean));
    }

    /// <summary>Means 2 and 5; s² = 1 and 10 over n = 3 and 4 give a squared error of 1/3 + 2.5 and ν = (1/3 + 2.5)² / (1/18 + 6.25/3).</summary>
    [Fact]
    public void Two_groups_are_compared_as_welch_does()
    {
        double[] first = [1, 2, 3];
        double[] second = [1, 4, 7, 8];
        var difference = MeanDifference.Welch(first, second);
        Assert.Equal(3, difference.Difference, 12);
        var error = Math.Sqrt((1.0 / 3) + 2.5);
        var freedom = ((1.0 / 3) + 2.5) * ((1.0 / 3) + 2.5) / ((1.0 / 18) + (6.25 / 3));
        var half = MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, freedom, 0.975) * error;
        Assert.Equal(3 - half, difference.Interval!.Value.Lower, 9);
        Assert.InRange(difference.Probability!.Value, 0.1, 0.2);
        Assert.False(difference.Interval.Value.Lower > 0);
    }

    [Fact]
    public void Intervals_of_differences_cover_the_truth_as_often_as_they_say()
    {
        var random = new CounterBasedRandom(11, 0);
        var covered = 0;
        for (var repeat = 0; repeat < 2000; repeat++)
        {
            var (first, second) = (new double[4], new double[6]);
            for (var i = 0; i < 4; i++)
            {
                first[i] = random.Normal();
            }

            for (var i = 0; i < 6; i++)
            {
                second[i] = 1 + (3 * random.Normal());
            }

            covered += MeanDifference.Welch(first, second).Interval!.Value.Contains(1) ? 1 : 0;
        }

        // 0.95, give or take four standard errors.
        Assert.InRange(covered / 2000.0, 0.93, 0.97);
    }

    [Fact]
    public void Pairs_with_one_seed_are_compared_by_their_differences()
    {
        // The differences are 1, 1, 1 and 2, however far apart the seeds are.
        var paired = MeanDifference.Paired([(0, 1), (100, 101), (200, 201), (300, 302)]);
        Assert.Equal(1.25, paired.Difference, 12);
        Assert.True(paired.Interval!.Value.Lower > 0 && paired.Probability < 0.05);
        Assert.True(MeanDifference.Welch([0, 100, 200, 300], [1, 101, 201, 302]).Probability > 0.9);
    }

    [Fact]
    public void One_seed_a_group_gives_a_difference_without_interval()
    {
        var difference = MeanDifference.Welch([1], [2, 3]);
        Assert.Equal(1.5, difference.Difference);
        Assert.Null(difference.Interval);
        Assert.Contains("1 and 2 seeds", difference.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_without_spread_differ_for_certain_or_not_at_all()
    {
        Assert.Equal(0, MeanDifference.Welch([1, 1], [2, 2]).Probability);
        Assert.Equal(1, MeanDifference.Welch([1, 1], [1, 1]).Probability);
    }

    [Fact]
    public void An_empty_group_is_our_fault() => Assert.Throws<ArgumentException>(() => GroupMean.Of([]));
}
