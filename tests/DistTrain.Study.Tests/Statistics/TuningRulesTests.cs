using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class TuningRulesTests
{
    private static readonly RateInterval Range = new(1e-4, 1);

    [Fact]
    public void A_best_rate_in_the_middle_is_interior()
    {
        var decision = EdgeRule.Decide(Range, [Reached(1e-2, 100), Reached(1e-3, 200), Diverged(0.5)]);
        Assert.Equal(EdgeKind.Interior, decision.Kind);
        Assert.Contains("0.01, lies 50 % up the range", decision.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2.4e-4, EdgeKind.WidenLower)]
    [InlineData(2.6e-4, EdgeKind.Interior)]
    [InlineData(0.38, EdgeKind.Interior)]
    [InlineData(0.41, EdgeKind.WidenUpper)]
    public void The_outer_tenth_is_meant_in_logarithms(double rate, EdgeKind expected) => Assert.Equal(expected, EdgeRule.Decide(Range, [Reached(rate, 100), Reached(1e-2, 200)]).Kind);

    [Fact]
    public void An_upper_edge_above_which_everything_diverged_is_stability_limited()
    {
        var decision = EdgeRule.Decide(Range, [Reached(0.5, 100), Diverged(0.7), Diverged(0.9), Diverged(1e-3)]);
        Assert.Equal(EdgeKind.StabilityLimited, decision.Kind);
        Assert.Contains("all 2 trials above it diverged", decision.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrialStatus.BudgetExhausted)]
    [InlineData(TrialStatus.StoppedEarly)]
    public void An_upper_edge_above_which_something_did_not_diverge_is_widened(TrialStatus fate) =>
        Assert.Equal(EdgeKind.WidenUpper, EdgeRule.Decide(Range, [Reached(0.5, 100), Diverged(0.7), new TuningTrial(0.9, fate, null)]).Kind);

    [Fact]
    public void An_upper_edge_with_nothing_above_is_widened() => Assert.Equal(EdgeKind.WidenUpper, EdgeRule.Decide(Range, [Reached(0.9, 100)]).Kind);

    [Fact]
    public void A_trial_that_the_system_failed_says_nothing_of_its_rate()
    {
        Assert.Equal(EdgeKind.StabilityLimited, EdgeRule.Decide(Range, [Reached(0.5, 100), Diverged(0.7), new TuningTrial(0.9, TrialStatus.FailedSystem, null)]).Kind);
        Assert.Equal(EdgeKind.WidenUpper, EdgeRule.Decide(Range, [Reached(0.5, 100), new TuningTrial(0.9, TrialStatus.FailedSystem, null)]).Kind);
    }

    [Fact]
    public void Without_a_trial_at_the_goal_the_edge_is_undetermined()
    {
        var decision = EdgeRule.Decide(Range, [Diverged(0.5), new TuningTrial(0.01, TrialStatus.BudgetExhausted, null)]);
        Assert.Equal(EdgeKind.Undetermined, decision.Kind);
        Assert.Contains("1 used up the budget, 1 diverged", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_is_widened_at_the_end_that_was_too_near()
    {
        Assert.Equal(1e-5, EdgeRule.Widen(Range, EdgeKind.WidenLower).Lower, 12);
        Assert.Equal(10, EdgeRule.Widen(Range, EdgeKind.WidenUpper).Upper, 12);
        Assert.Equal(Range, EdgeRule.Widen(Range, EdgeKind.StabilityLimited));
    }

    [Fact]
    public void Of_equally_fast_trials_the_lower_rate_is_best() => Assert.Equal(0.01, EdgeRule.Best([Reached(0.1, 100), Reached(0.01, 100), Reached(0.001, 101)])!.Value.LearningRate);

    [Fact]
    public void Nothing_is_flagged_where_all_is_well() => Assert.Empty(BudgetRule.Flags([Reached(0.1, 500), Reached(0.2, 600), Reached(0.3, 990)], budgetSteps: 1000, evaluationIntervalSteps: 10));

    [Fact]
    public void A_goal_that_nobody_reached_is_flagged_alone()
    {
        var flag = Assert.Single(BudgetRule.Flags([Diverged(1)], budgetSteps: 1000, evaluationIntervalSteps: 100));
        Assert.Equal(BudgetFlagKind.NothingReached, flag.Kind);
        Assert.Contains("within 1000 steps (1 diverged)", flag.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Few_late_and_coarse_are_flagged_with_their_figures()
    {
        var flags = BudgetRule.Flags([Reached(0.1, 901), Reached(0.2, 950), Diverged(1)], budgetSteps: 1000, evaluationIntervalSteps: 19);
        Assert.Equal([BudgetFlagKind.FewReached, BudgetFlagKind.ReachedLate, BudgetFlagKind.CoarseEvaluation], flags.Select(flag => flag.Kind));
        Assert.Contains("only 2 of 3", flags[0].Reason, StringComparison.Ordinal);
        Assert.Contains("at step 901, in the last 10 % of 1000 steps", flags[1].Reason, StringComparison.Ordinal);
        Assert.Contains("every 19 steps are 2.1 % of the 901 steps", flags[2].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_evaluation_after_every_step_cannot_be_finer() => Assert.Empty(BudgetRule.Flags([Reached(0.1, 20), Reached(0.2, 30), Reached(0.3, 30)], budgetSteps: 1000, evaluationIntervalSteps: 1));

    private static TuningTrial Reached(double rate, long steps) => new(rate, TrialStatus.Reached, steps);

    private static TuningTrial Diverged(double rate) => new(rate, TrialStatus.Diverged, null);
}
