using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests.Decisions;

public class ContributionRuleTests
{
    private static readonly TreeNode[] Held = [new(1, 0), new(0, 5)];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 4)]
    [InlineData(1, 3)]
    public void A_node_that_is_disjoint_from_all_that_is_held_is_accepted(int level, int index) =>
        Assert.Equal(ContributionVerdict.Accept, Decide(TestRun.Contribution(1, level, index)).Verdict);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 5)]
    public void A_node_that_is_held_already_was_computed_twice(int level, int index)
    {
        var decision = Decide(TestRun.Contribution(1, level, index));
        Assert.Equal(ContributionVerdict.Recomputed, decision.Verdict);
        Assert.Empty(decision.Missing);
    }

    [Fact]
    public void Of_a_node_that_overlaps_what_is_held_the_missing_parts_are_named()
    {
        var decision = Decide(TestRun.Contribution(1, 2, 0));
        Assert.Equal(ContributionVerdict.Recomputed, decision.Verdict);
        Assert.Equal([new TreeNode(1, 1)], decision.Missing.ToArray());
        Assert.Equal("[0..3] overlaps what is here, and a sum cannot be taken apart; [2..3] of it missing", decision.Reason);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(4, 0)]
    [InlineData(3, 1)]
    [InlineData(0, -1)]
    [InlineData(-1, 0)]
    [InlineData(31, 0)]
    [InlineData(30, 2_000_000_000)]
    public void A_node_outside_the_mini_batch_is_refused(int level, int index) =>
        Assert.Equal(ContributionVerdict.Refuse, Decide(TestRun.Contribution(1, 0, 0) with { Node = new TreeNode(level, index) }).Verdict);

    [Fact]
    public void A_wrong_count_of_samples_is_refused()
    {
        var decision = Decide(TestRun.Contribution(1, 0, 4) with { Statistics = TestRun.Statistics(5) });
        Assert.Equal(ContributionVerdict.Refuse, decision.Verdict);
        Assert.Equal("node [4] of step 1 holds 4 samples, but the contribution counts 5", decision.Reason);
    }

    /// <summary>Of 8 micro-batches, the noise nodes are 4 pairs.</summary>
    [Theory]
    [InlineData(2, 1, 2)]
    [InlineData(1, 3, 1)]
    [InlineData(0, 4, 0)]
    public void Where_noise_is_measured_a_contribution_comes_with_the_norm_of_every_noise_node_in_it(int level, int index, int norms)
    {
        ContributionDecision Judge(int count, bool measuresNoise) => ContributionRule.Decide(
            TestRun.Contribution(1, level, index) with { SquaredNorms = [.. Enumerable.Repeat(1.0, count)] }, TestRun.Version(0), TestRun.Batch(1), [], measuresNoise);
        Assert.Equal(ContributionVerdict.Accept, Judge(norms, true).Verdict);
        Assert.Equal(ContributionVerdict.Refuse, Judge(norms + 1, true).Verdict);
        Assert.Equal(ContributionVerdict.Accept, Judge(0, false).Verdict);
        Assert.Equal(ContributionVerdict.Refuse, Judge(1, false).Verdict);
        if (norms > 0)
        {
            Assert.Equal($"node {new TreeNode(level, index)} of step 1 comes with 0 squared norms instead of {norms}", Judge(0, true).Reason);
        }
    }

    [Fact]
    public void A_contribution_to_a_committed_step_was_computed_twice_and_one_to_the_future_is_refused()
    {
        Assert.Equal(ContributionVerdict.Recomputed, ContributionRule.Decide(TestRun.Contribution(1, 0, 0), TestRun.Version(1), null, []).Verdict);
        Assert.Equal(ContributionVerdict.Refuse, ContributionRule.Decide(TestRun.Contribution(3, 0, 0), TestRun.Version(1), TestRun.Batch(3), []).Verdict);
    }

    [Fact]
    public void A_contribution_that_overtakes_the_plan_waits_for_it() =>
        Assert.Equal(ContributionVerdict.Wait, ContributionRule.Decide(TestRun.Contribution(2, 0, 0), TestRun.Version(1), null, []).Verdict);

    private static ContributionDecision Decide(Contribution contribution) => ContributionRule.Decide(contribution, TestRun.Version(0), TestRun.Batch(1), Held);
}
