using DistTrain.Learning;

namespace DistTrain.Actors.Tests.Decisions;

public class CheckpointRuleTests
{
    private static readonly LastCheckpoint Young = new(TestRun.StepOf(3), 1, IsUnderWay: false);

    [Fact]
    public void Without_a_policy_there_is_none() => Assert.Equal("the run takes none", CheckpointRule.Decide(null, Step(4), Young).Reason);

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    [InlineData(10, true)]
    public void Steps_are_counted_from_the_runs_beginning(long step, bool takes) =>
        Assert.Equal(takes, CheckpointRule.Decide(new CheckpointPolicy { EverySteps = 5 }, Step(step), Young).Takes);

    [Fact]
    public void The_next_waits_for_the_one_that_is_under_way()
    {
        var decision = CheckpointRule.Decide(new CheckpointPolicy { EverySteps = 1 }, Step(4), Young with { IsUnderWay = true });
        Assert.Equal((false, "the one after step 3 is under way"), (decision.Takes, decision.Reason));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(1.5, false)]
    public void An_epochs_end_makes_one_unless_the_last_is_younger_than_the_pause(double pause, bool takes)
    {
        var policy = new CheckpointPolicy { AtEpochEnds = true, SecondsBetweenEpochs = pause };
        Assert.Equal(takes, CheckpointRule.Decide(policy, Step(4) with { EndsEpoch = true }, Young).Takes);
        Assert.False(CheckpointRule.Decide(policy, Step(4), Young).Takes);
    }

    [Theory]
    [InlineData(10.0, null, 10)]
    [InlineData(null, 10.0, 5)]
    [InlineData(10.0, 10.0, 5)]
    [InlineData(4.0, 10.0, 4)]
    [InlineData(null, null, double.PositiveInfinity)]
    public void Half_of_what_a_crash_may_cost_lies_between_two(double? every, double? lost, double seconds)
    {
        var policy = new CheckpointPolicy { EverySeconds = every, MaximumLostSeconds = lost };
        Assert.Equal(seconds, CheckpointRule.LongestSeconds(policy));
        Assert.Equal(double.IsFinite(seconds), CheckpointRule.Decide(policy, Step(4), Young with { AgeSeconds = Math.Min(seconds, 1e9) }).Takes);
        Assert.False(CheckpointRule.Decide(policy, Step(4), Young with { AgeSeconds = Math.Min(seconds, 1e9) * 0.99 }).Takes);
    }

    [Fact]
    public void Writing_that_takes_longer_than_the_other_half_is_told()
    {
        var policy = new CheckpointPolicy { MaximumLostSeconds = 10 };
        Assert.Null(CheckpointRule.ReasonNotToKeepTheBound(policy, 5));
        Assert.Equal(
            "a checkpoint takes 5.1 s to write, so a crash may cost more than the 10 s of max-lost-seconds", CheckpointRule.ReasonNotToKeepTheBound(policy, 5.1));
        Assert.Null(CheckpointRule.ReasonNotToKeepTheBound(new CheckpointPolicy(), 1e9));
    }

    [Fact]
    public void A_policy_that_is_not_possible_is_refused()
    {
        Assert.Throws<InvalidInputException>(new CheckpointPolicy { EverySteps = 0 }.Check);
        Assert.Throws<InvalidInputException>(new CheckpointPolicy { EverySeconds = 0 }.Check);
        Assert.Throws<InvalidInputException>(new CheckpointPolicy { MaximumLostSeconds = double.NaN }.Check);
        Assert.Throws<InvalidInputException>(new CheckpointPolicy { SecondsBetweenEpochs = -1 }.Check);
        new CheckpointPolicy { EverySteps = 1, EverySeconds = 0.1, MaximumLostSeconds = 1, AtEpochEnds = true }.Check();
    }

    private static PlannedStep Step(long step) => new(TestRun.Batch(step), 0.1, EndsEpoch: false);
}
