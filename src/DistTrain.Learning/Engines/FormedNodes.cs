using System.Collections.Immutable;
using System.Numerics;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines;

/// <summary>Of one step's reduction: the nodes of the level of <see cref="NoiseNodes"/> that came in parts, so that nobody has formed them yet, and their sums of squares.</summary>
internal sealed class FormedNodes
{
    private readonly TreeNode root;
    private readonly List<(TreeNode Node, GradientNode[] Parts, double[] Squares)> formed = [];

    /// <param name="nodes">All that the step is made of, in order of their first micro-batch.</param>
    /// <param name="level">Of the nodes whose squared norms are wanted.</param>
    /// <param name="chunkCount">Of the layout.</param>
    public FormedNodes(ReadOnlySpan<GradientNode> nodes, int level, int chunkCount)
    {
        root = new TreeNode(BitOperations.Log2((uint)nodes[^1].Node.End), 0);
        foreach (var parts in nodes.ToArray().Where(node => node.Node.Level < level).GroupBy(node => node.Node.AncestorAt(level)))
        {
            formed.Add((parts.Key, [.. parts], new double[chunkCount]));
        }
    }

    /// <summary>Safe to call from several threads over disjoint chunks.</summary>
    public void RunChunks(IParameterKernels kernels, ParameterLayout layout, int firstChunk, int endChunk)
    {
        foreach (var (_, parts, squares) in formed)
        {
            kernels.SumSquares(layout, parts, firstChunk, endChunk, squares);
        }
    }

    /// <summary>What a shard has to say, when all of its chunks have run; of the root as well.</summary>
    /// <param name="measures">[chunks] with the sums of the root's squares.</param>
    public ShardSquares Own(ShardCut cut, int shard, ReadOnlySpan<ChunkMeasures> measures)
    {
        ImmutableArray<double> roots = [.. cut.Select(shard, measures).Select(chunk => chunk.Gradient)];
        return new ShardSquares(
            [.. cut.SegmentsOf(shard).SelectMany(segment => Enumerable.Range(segment.FirstChunk, segment.EndChunk - segment.FirstChunk))],
            [new NodeSquares(root, roots), .. formed.Select(node => new NodeSquares(node.Node, cut.Select<double>(shard, node.Squares)))]);
    }
}
