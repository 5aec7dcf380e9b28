using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests.Decisions;

public class StepCompletionTests
{
    [Fact]
    public void A_step_is_complete_when_its_nodes_cover_every_micro_batch()
    {
        Assert.True(StepCompletion.Decide(new WorkRange(0, 8), [new TreeNode(2, 0), new TreeNode(1, 2), new TreeNode(1, 3)]).IsComplete);
        Assert.False(StepCompletion.Decide(new WorkRange(0, 8), [new TreeNode(2, 0), new TreeNode(1, 2)]).IsComplete);
    }

    [Fact]
    public void What_is_missing_is_named_in_the_fewest_aligned_nodes()
    {
        var decision = StepCompletion.Decide(new WorkRange(0, 16), [new TreeNode(0, 1), new TreeNode(1, 4)]);
        Assert.Equal(["[0]", "[2..3]", "[4..7]", "[10..11]", "[12..15]"], decision.Missing.Select(node => node.ToString()));
        Assert.Equal("[0], [2..3], [4..7], [10..11], [12..15] of [0..15] missing", decision.Reason);
    }

    [Fact]
    public void Only_the_part_that_is_asked_for_counts()
    {
        TreeNode[] held = [new TreeNode(2, 0), new TreeNode(0, 7)];
        Assert.True(StepCompletion.Decide(new WorkRange(1, 3), held).IsComplete);
        Assert.Equal([new TreeNode(0, 4)], StepCompletion.Decide(new WorkRange(3, 5), held).Missing.ToArray());
    }

    [Fact]
    public void Statistics_are_folded_in_the_tree_whoever_computed_the_parts()
    {
        double[] losses = [0.1, 0.2, 0.3, 1e16, -1e16, 0.7, 0.11, 0.13];
        var leaves = losses.Select((loss, i) => (new TreeNode(0, i), new NodeStatistics(loss, i, 4))).ToList();
        var right = NodeStatistics.Add(NodeStatistics.Add(leaves[4].Item2, leaves[5].Item2), NodeStatistics.Add(leaves[6].Item2, leaves[7].Item2));
        var mixed = leaves.Take(4).Append((new TreeNode(2, 1), right)).ToList();
        var root = new TreeNode(3, 0);
        var expected = ((0.1 + 0.2) + (0.3 + 1e16)) + ((-1e16 + 0.7) + (0.11 + 0.13));
        Assert.Equal(expected, StatisticsTree.Fold(root, leaves).LossSum);
        Assert.Equal(StatisticsTree.Fold(root, leaves), StatisticsTree.Fold(root, mixed));
        Assert.NotEqual(losses.Sum(), expected);
    }
}
