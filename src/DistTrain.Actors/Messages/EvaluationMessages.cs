using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;

namespace DistTrain.Actors;

/// <summary>The part of the data that an evaluation goes over.</summary>
public enum DataSplit
{
    Train,
    Test,
    Validation,
}

/// <summary>What one block of <see cref="RunDefinition.EvaluationBlockSize"/> samples, in data order, gave at one version.</summary>
/// <param name="Block">0-based.</param>
/// <param name="LossSum">Sum of the samples' losses, in sample order.</param>
public readonly record struct BlockResult(int Block, double LossSum, long CorrectCount, int SampleCount)
{
    /// <summary>What the run's <see cref="DistTrain.Learning.Metrics.MetricPlan"/> counted.</summary>
    public ImmutableArray<long> Counts { get; init; } = [];

    /// <summary>What it summed, in sample order.</summary>
    public ImmutableArray<double> Sums { get; init; } = [];

    /// <summary>Of block 0: what <see cref="ActivationProbe"/> says of the first samples.</summary>
    public ImmutableArray<ActivationHealth> Activations { get; init; } = [];
}

/// <summary>Coordinator to worker: evaluate this range of blocks on <paramref name="Version"/>. A worker told so keeps that version until it is done.</summary>
public sealed record AssignEvaluation(Header Header, WeightVersion Version, DataSplit Split, WorkRange Blocks, string Reason) : ActorMessage(Header);

/// <summary>Worker to coordinator.</summary>
public sealed record EvaluationBlocksDone(Header Header, WorkerId Worker, WeightVersion Version, DataSplit Split, ImmutableArray<BlockResult> Blocks) : ActorMessage(Header);

/// <summary>Server to coordinator: the shard's weights of a version with which an epoch, or the run, ended. The coordinator holds it when every shard has sent its part.</summary>
public sealed record WeightsDelivered(Header Header, ShardId Shard, WeightVersion Version) : ActorMessage(Header), ITensorMessage;

/// <summary>Coordinator to server: nothing needs this version any more, apart from training itself.</summary>
public sealed record ReleaseVersion(Header Header, WeightVersion Version) : ActorMessage(Header);
