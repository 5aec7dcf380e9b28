using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class BootstrapTests
{
    [Fact]
    public void Resampled_means_spread_like_means_of_so_many_values()
    {
        // The values 1 to 5 have a sample variance of 2.5, so a mean of five has 0.5; without the stretch it would be 0.4.
        var means = Enumerable.Range(0, 20_000).Select(replicate => Bootstrap.ResampledMeans([[1, 2, 3, 4, 5]], 1, replicate)[0]).ToArray();
        var mean = means.Average();
        Assert.Equal(3, mean, 1);
        Assert.InRange(means.Average(value => (value - mean) * (value - mean)), 0.48, 0.52);
    }

    [Fact]
    public void A_group_of_one_does_not_move() => Assert.Equal([7.0], Bootstrap.ResampledMeans([[7]], 1, 3));

    [Fact]
    public void A_replicate_is_a_function_of_its_seed_and_number()
    {
        Assert.Equal(Bootstrap.ResampledMeans([[1, 2, 3, 4, 5]], 1, 3), Bootstrap.ResampledMeans([[1, 2, 3, 4, 5]], 1, 3));
        Assert.NotEqual(Enumerable.Range(0, 20).Select(i => Bootstrap.ResampledMeans([[1, 2, 3, 4, 5]], 1, i)[0]), Enumerable.Range(0, 20).Select(i => Bootstrap.ResampledMeans([[1, 2, 3, 4, 5]], 2, i)[0]));
    }

    [Fact]
    public void The_percentile_interval_cuts_off_equal_tails()
    {
        var interval = Bootstrap.Percentile(Enumerable.Range(0, 101).Select(i => (double)i), 0.9);
        Assert.Equal(5, interval.Lower, 9);
        Assert.Equal(95, interval.Upper, 9);
        Assert.Equal(0.9, interval.Coverage);
    }
}
