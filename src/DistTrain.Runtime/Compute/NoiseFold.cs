using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// A worker's last act in a step whose noise is measured: the squared norms of its nodes of the step's noise level, and the sums of these nodes that it sends. Chunk by chunk, so that what is squared is added
/// while it is in the cache.
/// </summary>
internal sealed class NoiseFold(ParameterLayout layout, IParameterKernels kernels, GradientBuffers gradients, WorkerTeam team, int threads)
{
    /// <summary>Folds nodes as far as siblings meet.</summary>
    /// <param name="nodes">None above the level, folded as far as siblings meet up to it; in order.</param>
    /// <param name="level">Of <see cref="NoiseNodes"/>.</param>
    public ImmutableArray<ComputedNode> Fold(ImmutableArray<ComputedNode> nodes, int level)
    {
        var measured = nodes.Where(node => node.Node.Level == level)
            .Select(node => (Node: new[] { new GradientNode(node.Node, gradients.Get(node.Gradient)) }, Squares: new double[layout.Chunks.Length])).ToArray();
        var additions = new List<(TensorBuffer Sum, TensorBuffer Addend)>();
        var added = new List<GradientHandle>();
        var folded = TreeFold.Fold(nodes.Select(node => (node.Node, node)), (left, right) =>
        {
            additions.Add((gradients.Get(left.Gradient), gradients.Get(right.Gradient)));
            added.Add(right.Gradient);
            return left with { Statistics = NodeStatistics.Add(left.Statistics, right.Statistics) };
        });
        team.Run(threads, thread =>
        {
            var end = (int)((long)(thread + 1) * layout.Chunks.Length / threads);
            for (var chunk = (int)((long)thread * layout.Chunks.Length / threads); chunk < end; chunk++)
            {
                foreach (var (node, squares) in measured)
                {
                    kernels.SumSquares(layout, node, chunk, chunk + 1, squares);
                }

                Add(additions, layout.Chunks[chunk]);
            }
        });
        added.ForEach(gradients.Release);
        var norms = measured.Select(one => (one.Node[0].Node, Norm: ShardSquares.Sum(one.Squares))).ToArray();
        return [.. folded.Select(sum => sum.Value with { Node = sum.Node, SquaredNorms = [.. norms.Where(one => sum.Node.Contains(one.Node)).Select(one => one.Norm)] })];
    }

    private static void Add(List<(TensorBuffer Sum, TensorBuffer Addend)> additions, Chunk chunk)
    {
        foreach (var (sum, addend) in additions)
        {
            SplitGradient.Add(sum.Span.Slice(chunk.Offset, chunk.Length), addend.Span.Slice(chunk.Offset, chunk.Length));
        }
    }
}
