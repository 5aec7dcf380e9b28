using DistTrain.Learning;

namespace DistTrain.Actors.Tests.Decisions;

public class StepEvaluationsTests
{
    [Fact]
    public void Evaluations_keep_their_distance() => Assert.Equal([3L, 5, 7, 9], Due(new StepEvaluations { FirstStep = 3, EverySteps = 2 }, 10));

    [Fact]
    public void A_growing_distance_never_exceeds_its_share_of_the_step_and_visits_every_step_before()
    {
        var rule = new StepEvaluations { Growth = 0.1 };
        var due = Due(rule, 5000).ToArray();
        Assert.Equal(Enumerable.Range(1, 20).Select(step => (long)step), due.Take(20));
        Assert.All(due.Skip(1).Zip(due), pair => Assert.InRange(pair.First - pair.Second, 1, Math.Max(1, pair.Second / 10)));
        Assert.InRange(due.Length, 60, 90);
    }

    [Fact]
    public void The_last_step_is_evaluated_wherever_it_lies()
    {
        var rule = new StepEvaluations { FirstStep = 4, EverySteps = 4, MaximumSteps = 10 };
        Assert.Equal([4L, 8, 10], Due(rule, 10));
        Assert.Null(rule.ReasonToEnd(new StepNumber(8), Found(0.5)));
        Assert.Equal("step 10 is the last that was asked for", rule.ReasonToEnd(new StepNumber(10), Found(0.5)));
    }

    [Theory]
    [InlineData(0.98, false)]
    [InlineData(0.99, true)]
    public void An_error_must_be_below_the_goal(double accuracy, bool isMet) =>
        Assert.Equal(isMet, new StepEvaluations { Goal = new StoppingGoal(OfError: true, 0.02) }.ReasonToEnd(new StepNumber(1), Found(accuracy)) is not null);

    [Theory]
    [InlineData(0.5, false)]
    [InlineData(0.4, true)]
    [InlineData(double.NaN, false)]
    public void A_loss_must_be_strictly_below_the_goal(double loss, bool isMet) =>
        Assert.Equal(isMet, new StoppingGoal(OfError: false, 0.5).IsMetBy(new EvaluationSummary(loss, null, 10)));

    [Fact]
    public void What_is_out_of_range_is_refused()
    {
        Assert.Throws<InvalidInputException>(new StepEvaluations { FirstStep = 0 }.Check);
        Assert.Throws<InvalidInputException>(new StepEvaluations { EverySteps = 0 }.Check);
        Assert.Throws<InvalidInputException>(new StepEvaluations { Growth = 1 }.Check);
        Assert.Throws<InvalidInputException>(new StepEvaluations { MaximumSteps = 0 }.Check);
        var definition = TestRun.Definition(samples: 10, batch: 5, epochs: 1) with { StepEvaluations = new StepEvaluations(), TestSampleCount = 0 };
        Assert.Throws<InvalidInputException>(definition.Check);
    }

    private static EvaluationSummary Found(double accuracy) => new(0.1, accuracy, 100);

    private static IEnumerable<long> Due(StepEvaluations rule, int steps) => Enumerable.Range(1, steps).Select(step => (long)step).Where(step => rule.IsDue(new StepNumber(step)));
}
