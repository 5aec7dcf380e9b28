using DistTrain.Learning.Metrics;

namespace DistTrain.Actors.Tests.Decisions;

public class EvaluationRuleTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(512, 1)]
    [InlineData(513, 2)]
    [InlineData(10_000, 20)]
    public void The_last_block_may_be_short(int samples, int blocks) => Assert.Equal(blocks, EvaluationRule.BlockCount(samples, 512));

    [Fact]
    public void Losses_are_added_in_block_order_and_counts_are_whole_numbers()
    {
        BlockResult?[] results = [new(0, 0.1, 3, 4), new(1, 1e16, 2, 4), new(2, -1e16, 1, 2)];
        var summary = EvaluationRule.Decide(results, hasClasses: true, MetricPlan.None).Summary;
        Assert.Equal(new EvaluationSummary(((0.1 + 1e16) + -1e16) / 10, 0.6, 10), summary);
        Assert.Null(EvaluationRule.Decide(results, hasClasses: false, MetricPlan.None).Summary!.Accuracy);
    }

    [Fact]
    public void Missing_blocks_are_named()
    {
        var decision = EvaluationRule.Decide([null, null, new BlockResult(2, 1, 1, 1), null], hasClasses: true, MetricPlan.None);
        Assert.Null(decision.Summary);
        Assert.Equal("blocks [0..1], [3] missing", decision.Reason);
    }

    [Theory]
    [InlineData(0, 16, null)]
    [InlineData(2, 8, null)]
    [InlineData(2, 16, "block 2 holds 8 samples, but the result counts 16")]
    [InlineData(3, 16, "there is no block 3")]
    [InlineData(-1, 16, "there is no block -1")]
    public void Results_must_fit_the_data(int block, int samples, string? expected) =>
        Assert.Equal(expected, EvaluationRule.ReasonNotToFit([new BlockResult(block, 1, 1, samples)], sampleCount: 40, blockSize: 16, MetricPlan.None));
}
