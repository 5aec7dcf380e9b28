using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests.Decisions;

public class NoiseRuleTests
{
    private static readonly MiniBatchPartition Partition = MiniBatchPartition.Create(33, 8);

    [Theory]
    [InlineData(64, 32, true, "step 64 is a multiple of 32")]
    [InlineData(63, 32, false, "step 63 is no multiple of 32")]
    [InlineData(1, 1, true, "step 1 is a multiple of 1")]
    [InlineData(64, null, false, "the run does not measure noise")]
    public void Every_so_manieth_step_is_measured(long step, int? interval, bool measures, string reason) =>
        Assert.Equal(new NoiseDecision(measures, reason), NoiseRule.Decide(new StepNumber(step), Partition, interval));

    [Fact]
    public void A_single_micro_batch_is_not_measured() =>
        Assert.Equal(new NoiseDecision(false, "the mini-batch of step 64 is a single micro-batch"), NoiseRule.Decide(new StepNumber(64), MiniBatchPartition.Create(33, 1), 32));

    [Fact]
    public void The_mean_looks_back_over_an_epoch_but_never_over_a_few_steps_only()
    {
        Assert.Equal(NoiseAverage.Decay(100, 4), NoiseRule.Decay(TestRun.Definition(samples: 3_190, batch: 32), 4));
        Assert.Equal(NoiseAverage.Decay(NoiseRule.ShortestMemorySteps, 4), NoiseRule.Decay(TestRun.Definition(samples: 96, batch: 32), 4));
    }

    [Fact]
    public void A_step_is_read_whoever_has_formed_its_nodes()
    {
        // 8 micro-batches of 4 samples, the last one of 5: noise nodes of 8, 8, 8 and 9.
        double[] norms = [10, 20, 30, 40];
        int[] sizes = [8, 8, 8, 9];
        var expected = NoiseSample.Estimate(norms, sizes, 60);
        static ShardSquares Shard(int chunk, params (TreeNode Node, double Sum)[] nodes) => new([chunk], [.. nodes.Select(node => new NodeSquares(node.Node, [node.Sum]))]);
        NodeNorm Norm(int index) => new(new TreeNode(1, index), norms[index]);
        var root = Partition.Root;
        Assert.Equal(new TreeNode(3, 0), root);
        Assert.Equal(expected, NoiseRule.Read(Partition, [Norm(0), Norm(1), Norm(2), Norm(3)], [Shard(0, (root, 60))]));
        Assert.Equal(expected, NoiseRule.Read(Partition, [Norm(0), Norm(3)], [Shard(1, (root, 50), (new(1, 1), 5), (new(1, 2), 28)), Shard(0, (root, 10), (new(1, 1), 15), (new(1, 2), 2))]));
        Assert.Null(NoiseRule.Read(Partition, [Norm(0), Norm(1), Norm(3)], [Shard(0, (root, 60))]));
        Assert.Null(NoiseRule.Read(Partition, [Norm(0), Norm(1), Norm(2), Norm(3)], [Shard(0)]));
        Assert.Null(NoiseRule.Read(Partition, [Norm(0), Norm(1), Norm(2), Norm(3)], [Shard(0, (root, 60)), Shard(1)]));
    }

    [Fact]
    public void A_workers_norms_belong_to_the_noise_nodes_in_its_node_in_order()
    {
        Assert.Equal([new NodeNorm(new TreeNode(1, 2), 5), new NodeNorm(new TreeNode(1, 3), 6)], NoiseRule.Norms(new TreeNode(2, 1), [5, 6], Partition));
        Assert.Equal([new NodeNorm(new TreeNode(1, 1), 7)], NoiseRule.Norms(new TreeNode(1, 1), [7], Partition));
        Assert.Empty(NoiseRule.Norms(new TreeNode(0, 1), [], Partition));
    }

    [Fact]
    public void An_interval_below_one_is_refused() =>
        Assert.Contains("whose noise is measured must be at least 1", Assert.Throws<Learning.InvalidInputException>((TestRun.Definition() with { NoiseIntervalSteps = 0 }).Check).Message, StringComparison.Ordinal);
}
