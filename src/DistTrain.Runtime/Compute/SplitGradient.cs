using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// A worker's gradient in parts: one after the other where memory is limited, side by side where it has several threads. Every part writes tree nodes, and nodes whose siblings are there
/// are added at once, left + right, as the engine would have added them; so there are never more buffers than the tree is deep, for each thread (in a step whose noise is measured: and those of its noise level).
/// </summary>
internal sealed class SplitGradient(TrainingDefinition definition, GradientBuffers gradients, ComputePlan plan, Func<int, int, IModelProgram> programs, WorkerTeam team)
{
    /// <summary>Computes a range.</summary>
    /// <param name="samples">Those of the whole range.</param>
    /// <param name="highestLevel">Nodes of higher levels are not made.</param>
    /// <returns>Exactly <c>TreeNode.Cover</c> of the range up to the level, in that order.</returns>
    public ImmutableArray<ComputedNode> Compute(StagedSamples samples, MiniBatch batch, WorkRange range, TensorBuffer weights, int highestLevel)
    {
        var parts = plan.Cut(batch.Partition, range);
        var results = new List<ComputedNode>[parts.Length];
        team.Run(parts.Length, thread =>
        {
            results[thread] = [];
            foreach (var part in parts[thread])
            {
                ComputePart(thread, samples, batch, range, part, weights, highestLevel, results[thread]);
            }
        });

        return Join([.. results.SelectMany(nodes => nodes)], highestLevel);
    }

    private void ComputePart(int thread, StagedSamples samples, MiniBatch batch, WorkRange range, WorkRange part, TensorBuffer weights, int highestLevel, List<ComputedNode> done)
    {
        var partition = batch.Partition;
        var first = partition.Boundary(part.First) - partition.Boundary(range.First);
        var count = partition.Boundary(part.End) - partition.Boundary(part.First);
        var nodes = TreeNode.Cover(part.First, part.End, highestLevel).Select(node =>
        {
            var (handle, buffer) = gradients.Create();
            return (Handle: handle, Gradient: new GradientNode(node, buffer));
        }).ToArray();
        var statistics = new NodeStatistics[nodes.Length];
        var request = new GradientRequest
        {
            Weights = weights,
            Partition = partition,
            FirstMicroBatch = part.First,
            EndMicroBatch = part.End,
            Inputs = samples.InputsOf(first, count),
            Targets = samples.TargetsOf(first, count),
            SampleIds = samples.Ids.Slice(first, count),
            Seed = definition.Seed,
            Step = batch.Step.Value,
        };
        programs(thread, count).ComputeGradient(request, [.. nodes.Select(node => node.Gradient)], statistics);
        for (var i = 0; i < nodes.Length; i++)
        {
            Push(done, new ComputedNode(nodes[i].Gradient.Node, nodes[i].Handle, statistics[i]), highestLevel);
        }
    }

    /// <summary>Adds a node at the right, and folds as far as siblings meet, up to a level.</summary>
    private void Push(List<ComputedNode> stack, ComputedNode top, int highestLevel)
    {
        while (stack.Count > 0 && top.Node.Level < highestLevel && TreeFold.IsLeftSibling(stack[^1].Node, top.Node))
        {
            var left = stack[^1];
            stack.RemoveAt(stack.Count - 1);
            var (sum, addend) = (gradients.Get(left.Gradient), gradients.Get(top.Gradient));
            Add(sum.Span, addend.Span);
            gradients.Release(top.Gradient);
            top = new ComputedNode(top.Node.Parent, left.Gradient, NodeStatistics.Add(left.Statistics, top.Statistics));
        }

        stack.Add(top);
    }

    /// <summary>Folds what the threads have left, as far as siblings meet, up to a level; each thread adds its share of the elements.</summary>
    private ImmutableArray<ComputedNode> Join(ComputedNode[] nodes, int highestLevel)
    {
        var additions = new List<(TensorBuffer Sum, TensorBuffer Addend)>();
        var added = new List<GradientHandle>();
        var folded = TreeFold.Fold(nodes.Select(node => (node.Node, node)), (left, right) =>
        {
            additions.Add((gradients.Get(left.Gradient), gradients.Get(right.Gradient)));
            added.Add(right.Gradient);
            return left with { Statistics = NodeStatistics.Add(left.Statistics, right.Statistics) };
        }, highestLevel);
        if (additions.Count > 0)
        {
            var length = additions[0].Sum.Length;
            team.Run(plan.Threads, thread =>
            {
                var first = (int)((long)thread * length / plan.Threads);
                var count = (int)((long)(thread + 1) * length / plan.Threads) - first;
                foreach (var (sum, addend) in additions)
                {
                    Add(sum.Span.Slice(first, count), addend.Span.Slice(first, count));
                }
            });
        }

        // Not before they are read: another worker may take a buffer as soon as it is free.
        added.ForEach(gradients.Release);

        return [.. folded.Select(node => node.Value with { Node = node.Node })];
    }

    /// <summary>sum ← sum + addend, element by element.</summary>
    internal static void Add(Span<float> sum, ReadOnlySpan<float> addend)
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var addends = MemoryMarshal.Cast<float, Vector<float>>(addend);
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += addends[i];
        }

        for (var i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
        {
            sum[i] += addend[i];
        }
    }
}
