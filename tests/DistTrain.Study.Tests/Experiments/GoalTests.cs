using DistTrain.Learning;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Tests.Experiments;

public class GoalTests
{
    [Theory]
    [InlineData("validation error < 0.02", GoalMetric.ValidationError, 0.02)]
    [InlineData("validation-error<2%", GoalMetric.ValidationError, 0.02)]
    [InlineData(" Validation Loss  <  1.5 ", GoalMetric.ValidationLoss, 1.5)]
    public void Goals_are_read(string text, GoalMetric metric, double below)
    {
        var goal = Goal.Parse(text);
        Assert.Equal(new Goal(metric, below), goal);
        Assert.Equal(goal, Goal.Parse(goal.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("validation error")]
    [InlineData("test error < 0.1")]
    [InlineData("validation error < much")]
    [InlineData("validation error < 0")]
    [InlineData("validation error < 1")]
    [InlineData("validation loss < NaN")]
    [InlineData("validation error < 0.1 < 0.2")]
    public void What_is_no_goal_is_refused(string text) => Assert.Throws<InvalidInputException>(() => Goal.Parse(text));

    [Fact]
    public void A_goal_is_met_strictly_and_never_by_what_is_not_there()
    {
        var goal = new Goal(GoalMetric.ValidationError, 0.1);
        Assert.False(goal.IsMetBy(Found(0.1)));
        Assert.True(goal.IsMetBy(Found(0.0999)));
        Assert.False(goal.IsMetBy(Found(null)));
        Assert.False(goal.IsMetBy(Found(double.NaN)));
        static CurvePoint Found(double? error) => new(1, 1, 0, 0, null, 1, error);
    }
}
