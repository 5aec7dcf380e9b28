using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Diagnostics;

/// <summary>The squared norm of a gradient node, or the part of it that a shard of the parameter server has.</summary>
/// <param name="Node">The node; its gradient is the undivided sum over its samples.</param>
/// <param name="Sums">Sums of squares over chunks, in double, each in the order of <see cref="Optimization.StageSquares"/>.</param>
public readonly record struct NodeSquares(TreeNode Node, ImmutableArray<double> Sums);

/// <summary>What a shard says of the squared norms of the nodes that it formed by adding others. Whoever has all shards' adds the sums in the order of their chunks, so that the norm has the same bits for any number of shards.</summary>
/// <param name="Chunks">The shard's chunks, by their indices among all, in order.</param>
/// <param name="Nodes">Each with a sum for each chunk.</param>
public sealed record ShardSquares(ImmutableArray<int> Chunks, ImmutableArray<NodeSquares> Nodes)
{
    /// <summary>Of a step of which nothing was asked.</summary>
    public static ShardSquares None { get; } = new([], []);

    /// <summary>Squared norms of the nodes of which every shard has said its part.</summary>
    /// <param name="shards">All shards'.</param>
    public static SortedDictionary<TreeNode, double> Norms(IReadOnlyList<ShardSquares> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        var norms = new SortedDictionary<TreeNode, double>();
        foreach (var node in shards.Count == 0 ? [] : shards[0].Nodes.Select(squares => squares.Node))
        {
            var parts = shards.Select(shard => (shard.Chunks, Squares: shard.Nodes.FirstOrDefault(squares => squares.Node == node))).ToArray();
            if (parts.All(part => !part.Squares.Sums.IsDefault && part.Squares.Sums.Length == part.Chunks.Length))
            {
                norms[node] = Sum(parts.SelectMany(part => part.Chunks.Zip(part.Squares.Sums)).OrderBy(pair => pair.First).Select(pair => pair.Second));
            }
        }

        return norms;
    }

    /// <summary>The squared norm from the sums of all chunks in their order.</summary>
    public static double Sum(IEnumerable<double> chunks)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        var sum = 0.0;
        foreach (var chunk in chunks)
        {
            sum += chunk;
        }

        return sum;
    }
}
