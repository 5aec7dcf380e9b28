using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>Coordinator to every server: what the next step is made of.</summary>
/// <param name="EndsEpoch">The server delivers the version that the step makes (<see cref="WeightsDelivered"/>), and keeps it until <see cref="ReleaseVersion"/>.</param>
public sealed record PlanStep(Header Header, MiniBatch MiniBatch, double LearningRate, bool EndsEpoch) : ActorMessage(Header)
{
    /// <summary>Whether <see cref="StepCommitted.Measures"/> are wanted.</summary>
    public bool Measures { get; init; }

    /// <summary>Whether the step's noise is measured: contributions hold squared norms, and <see cref="StepCommitted.NodeSquares"/> are wanted.</summary>
    public bool MeasuresNoise { get; init; }
}

/// <summary>Coordinator to worker: compute this range of the step's micro-batches.</summary>
public sealed record AssignMicroBatches(Header Header, MiniBatch MiniBatch, WorkRange Range, string Reason) : ActorMessage(Header)
{
    /// <summary>Whether <see cref="Contribution.SquaredNorms"/> are wanted.</summary>
    public bool MeasuresNoise { get; init; }
}

/// <summary>Worker to server: the gradient of one aligned tree node, as far as it concerns the shard. The receiver owns the handle and releases it.</summary>
/// <param name="ComputeMicroseconds">The node's share of the time that its range took to compute, by samples.</param>
public sealed record Contribution(
    Header Header, WorkerId Worker, StepNumber Step, ShardId Shard, TreeNode Node, GradientHandle Gradient, NodeStatistics Statistics, long ComputeMicroseconds)
    : ActorMessage(Header), ITensorMessage
{
    /// <summary>Of a step whose noise is measured: of the <see cref="NoiseNodes"/> that lie in the node, in order, over all parameters.</summary>
    public ImmutableArray<double> SquaredNorms { get; init; } = [];
}

/// <summary>Server to coordinator: nobody has delivered these nodes and nobody will, unless they are assigned again.</summary>
/// <param name="Nodes">Disjoint, in order of their first micro-batch; empty if everything had arrived.</param>
/// <param name="EndedSession">Whose <see cref="EndSession"/> this answers; 0 where the shard found it by itself.</param>
public sealed record NodesMissing(Header Header, ShardId Shard, StepNumber Step, ImmutableArray<TreeNode> Nodes, SessionNumber EndedSession, string Reason) : ActorMessage(Header);

/// <summary>Server to worker: the shard's weights of a version.</summary>
public sealed record WeightsPublished(Header Header, ShardId Shard, WeightVersion Version) : ActorMessage(Header), ITensorMessage;

/// <summary>Worker to server: send a version that I was asked to evaluate and do not hold (any more).</summary>
public sealed record RequestWeights(Header Header, WorkerId Worker, WeightVersion Version) : ActorMessage(Header);

/// <summary>Server to every other server, of an optimizer that needs norms: the sums of squares of a stage over the sender's chunks, in their order.</summary>
/// <param name="Stage">The stage that has ended, from 0 on.</param>
public sealed record StageSummed(Header Header, ShardId Shard, StepNumber Step, int Stage, ImmutableArray<StageSquares> Squares) : ActorMessage(Header);

/// <summary>Server to coordinator: the step is applied and finite in this shard. A step is committed when every shard has said so.</summary>
/// <param name="Record">From the shard that keeps the ledger; null from the others.</param>
public sealed record StepCommitted(Header Header, ShardId Shard, StepNumber Step, StepRecord? Record) : ActorMessage(Header)
{
    /// <summary>One entry for each of the shard's chunks, in their order; empty where none were wanted.</summary>
    public ImmutableArray<ChunkMeasures> Measures { get; init; } = [];

    /// <summary>Of a step whose noise is measured: the norms that came with the contributions that this shard took.</summary>
    public ImmutableArray<NodeNorm> NodeNorms { get; init; } = [];

    /// <summary>Of a step whose noise is measured: the shard's part of the nodes that the reduction has formed, the root among them.</summary>
    public ShardSquares NodeSquares { get; init; } = ShardSquares.None;
}

/// <summary>What the ledger says about a step.</summary>
/// <param name="Entry">The nodes that were applied.</param>
/// <param name="Statistics">Of the whole mini-batch, folded in tree order.</param>
/// <param name="RecomputedSamples">Samples of contributions discarded since the commit before this one, because they had been computed twice.</param>
/// <param name="ClosedEpoch">With an epoch's last step: what the ledger says about the epoch.</param>
public sealed record StepRecord(LedgerEntry Entry, NodeStatistics Statistics, long RecomputedSamples, EpochLedger? ClosedEpoch);

/// <summary>Server to coordinator: the step's loss or the weights that it would have made are not finite; the server stays at the version before.</summary>
/// <param name="Chunk">Index of the first chunk with a value that is not finite; null when it is the loss.</param>
public sealed record StepNotFinite(Header Header, ShardId Shard, StepNumber Step, int? Chunk) : ActorMessage(Header);

/// <summary>Server to coordinator: a worker sent what cannot be meant, and what it was assigned would be waited for in vain.</summary>
/// <param name="WorkerSession">In which it did.</param>
public sealed record WorkerAtFault(Header Header, ShardId Shard, WorkerId Worker, SessionNumber WorkerSession, string Reason) : ActorMessage(Header);
