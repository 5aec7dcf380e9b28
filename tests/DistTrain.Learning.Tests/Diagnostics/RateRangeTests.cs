using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Tests.Diagnostics;

public class RateRangeTests
{
    [Fact]
    public void The_rate_grows_by_the_same_factor_from_the_lowest_to_the_highest()
    {
        var schedule = new RangeTestSchedule(1e-4, 1, 5);
        Assert.Equal([1e-4, 1e-3, 1e-2, 1e-1, 1], Enumerable.Range(1, 5).Select(step => Math.Round(schedule.Rate(step), 12)));
    }

    [Fact]
    public void A_tenth_of_the_rate_with_the_least_smoothed_loss_is_suggested()
    {
        var schedule = new RangeTestSchedule(1e-4, 10, 101);
        var range = new RateRange(schedule);
        while (!range.IsComplete)
        {
            // A quadratic bowl: it falls until the rate is 0.5 and runs away above.
            var rate = schedule.Rate(range.Points.Length + 1);
            range.Add(rate < 0.5 ? 2 - rate : 2 + (10 * rate));
        }

        Assert.True(range.Points.Length < 101, "the test goes on after the loss has run away");
        Assert.InRange(range.Suggestion!.Value, 0.04, 0.06);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void Nothing_is_suggested_where_the_loss_never_fell(double loss)
    {
        var range = new RateRange(new RangeTestSchedule(1e-4, 1, 20));
        while (!range.IsComplete)
        {
            range.Add(loss);
        }

        Assert.Null(range.Suggestion);
    }
}
