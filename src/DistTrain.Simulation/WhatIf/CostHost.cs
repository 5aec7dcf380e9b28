using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime;

namespace DistTrain.Simulation.WhatIf;

/// <summary>Stands in for an engine: its results are empty, and only what they would have taken is known.</summary>
internal sealed class CostHost(CostModel costs, ShardCut cut, double sharing) : IComputeHost
{
    private const int BytesPerElement = 4;

    /// <summary>As real updates are cut, so that no more threads share one than have something to do.</summary>
    private const int ElementsPerPart = 32_768;

    public ComputeResult Execute(ActorAddress actor, ComputeEffect effect) => effect switch
    {
        InitializeWeights => new WeightsInitialized(default),
        ComputeGradient compute => new GradientComputed(compute.MiniBatch.Step, compute.Range, [.. TreeNode.Cover(compute.Range.First, compute.Range.End).Select(node => Node(compute.MiniBatch, node))], 0),
        ReduceAndUpdate update => new UpdateApplied(update.MiniBatch.Step, null),
        _ => throw new InvalidOperationException($"no cost is known of {effect.GetType().Name}"),
    };

    public void Release(ActorAddress actor, ReleaseEffect effect)
    {
    }

    public ActorMessage Transfer(ActorAddress sender, ActorAddress receiver, ActorMessage message) => message;

    public void Forget(ActorAddress actor)
    {
    }

    /// <summary>On one thread, at full speed, of samples that are gathered.</summary>
    public long GradientNanoseconds(int samples) => Nanoseconds((costs.GradientSeconds + (costs.GradientSecondsPerSample * samples)) * sharing);

    public long GatherNanoseconds(int samples) => Nanoseconds(costs.GatherSecondsPerSample * samples * sharing);

    /// <summary>On one thread.</summary>
    public long ReductionNanoseconds(ReduceAndUpdate update) => Nanoseconds((double)cut.LengthOf(update.Shard.Value) * (update.Nodes.Length - 1) * costs.ReductionSecondsPerElement);

    /// <inheritdoc cref="ReductionNanoseconds"/>
    public long UpdateNanoseconds(ReduceAndUpdate update) => Nanoseconds(cut.LengthOf(update.Shard.Value) * costs.UpdateSecondsPerElement);

    /// <summary>Threads that can take part in a shard's update.</summary>
    public int PartsOf(ShardId shard) => Math.Max(1, cut.LengthOf(shard.Value) / ElementsPerPart);

    /// <summary>Of the tensors that a message carries.</summary>
    public long BytesOf(ActorMessage message) => BytesPerElement * (long)cut.LengthOf(message switch
    {
        Contribution contribution => contribution.Shard.Value,
        WeightsPublished published => published.Shard.Value,
        _ => throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"the size of {message.GetType().Name} is not known")),
    });

    public static int SamplesOf(MiniBatch batch, WorkRange range) => batch.Partition.Boundary(range.End) - batch.Partition.Boundary(range.First);

    public static long Nanoseconds(double seconds) => (long)Math.Round(seconds * 1e9);

    private static ComputedNode Node(MiniBatch batch, TreeNode node) => new(node, default, new NodeStatistics(0, 0, batch.Partition.SamplesOf(node)));
}
