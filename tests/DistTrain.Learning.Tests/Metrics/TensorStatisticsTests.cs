using DistTrain.Learning.Metrics;

namespace DistTrain.Learning.Tests.Metrics;

public class TensorStatisticsTests
{
    [Fact]
    public void Mean_deviation_and_extremes_are_those_of_the_values()
    {
        var statistics = TensorStatistics.Of([2, 4, 4, 4, 5, 5, 7, 9]);
        Assert.Equal(new TensorStatistics(8, 0, 5, 2, 2, 9), statistics);
    }

    [Fact]
    public void Values_that_are_not_finite_are_counted_and_left_out()
    {
        var statistics = TensorStatistics.Of([1, float.NaN, 3, float.PositiveInfinity]);
        Assert.Equal(new TensorStatistics(4, 2, 2, 1, 1, 3), statistics);
        Assert.Equal(new TensorStatistics(1, 1, 0, 0, 0, 0), TensorStatistics.Of([float.NaN]));
        Assert.Equal(default, TensorStatistics.Of([]));
    }
}
