using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Tests.Reduction;

public class TreeTests
{
    [Fact]
    public void A_cover_is_disjoint_aligned_in_order_and_as_short_as_possible()
    {
        for (var first = 0; first <= 64; first++)
        {
            for (var end = first; end <= 64; end++)
            {
                var nodes = TreeNode.Cover(first, end);
                Assert.Equal(Enumerable.Range(first, end - first), nodes.SelectMany(node => Enumerable.Range(node.First, node.Count)));
                Assert.Equal(nodes.Count, TreeFold.Fold(nodes.Select(node => (node, 0)), (_, _) => 0).Count);
            }
        }
    }

    [Fact]
    public void Folding_any_cut_of_the_leaves_gives_the_same_tree()
    {
        const int LeafCount = 16;
        var whole = Expression(TreeNode.Cover(0, LeafCount));
        Assert.Equal("((((0+1)+(2+3))+((4+5)+(6+7)))+(((8+9)+(10+11))+((12+13)+(14+15))))", whole);
        for (var first = 0; first <= LeafCount; first++)
        {
            for (var second = first; second <= LeafCount; second++)
            {
                Assert.Equal(whole, Expression([.. TreeNode.Cover(0, first), .. TreeNode.Cover(first, second), .. TreeNode.Cover(second, LeafCount)]));
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(31, 2)]
    [InlineData(32, 2)]
    [InlineData(39, 2)]
    [InlineData(64, 4)]
    [InlineData(237, 8)]
    [InlineData(256, 16)]
    [InlineData(1024, 64)]
    [InlineData(60_000, 64)]
    public void The_default_micro_batch_count_is_the_largest_power_of_two_that_leaves_16_samples(int samples, int expected) =>
        Assert.Equal(expected, MiniBatchPartition.Create(samples, null).MicroBatchCount);

    [Theory]
    [InlineData(10, 1, 1)]
    [InlineData(10, 3, 2)]
    [InlineData(10, 64, 8)]
    [InlineData(256, 64, 64)]
    public void A_requested_count_becomes_the_largest_power_of_two_that_fits(int samples, int requested, int expected) =>
        Assert.Equal(expected, MiniBatchPartition.Create(samples, requested).MicroBatchCount);

    [Fact]
    public void Micro_batches_share_out_every_sample_and_differ_by_at_most_one()
    {
        for (var samples = 1; samples <= 300; samples++)
        {
            var partition = MiniBatchPartition.Create(samples, null);
            var sizes = Enumerable.Range(0, partition.MicroBatchCount).Select(i => partition.SamplesOf(new TreeNode(0, i))).ToArray();
            Assert.Equal(samples, sizes.Sum());
            Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
            Assert.True(sizes.Min() >= 1);
        }
    }

    private static string Expression(IEnumerable<TreeNode> nodes)
    {
        var folded = TreeFold.Fold(nodes.Select(node => (node, Expression(node))), (left, right) => $"({left}+{right})");
        return Assert.Single(folded).Value;
    }

    private static string Expression(TreeNode node) => node.Level == 0
        ? $"{node.Index}"
        : $"({Expression(new TreeNode(node.Level - 1, node.Index * 2))}+{Expression(new TreeNode(node.Level - 1, (node.Index * 2) + 1))})";
}
