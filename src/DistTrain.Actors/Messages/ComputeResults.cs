using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>The answer to a <see cref="ComputeEffect"/>; it goes to the actor that asked.</summary>
public abstract record ComputeResult : LocalMessage;

/// <summary>A tree node of a computed range, held by the worker that computed it.</summary>
public readonly record struct ComputedNode(TreeNode Node, GradientHandle Gradient, NodeStatistics Statistics)
{
    /// <summary>Of a step whose noise is measured: the squared norms of the nodes of <see cref="NoiseNodes"/> that lie in this one, in order. Empty where none does.</summary>
    public ImmutableArray<double> SquaredNorms { get; init; } = [];
}

/// <summary>Answers <see cref="ComputeGradient"/>.</summary>
/// <param name="Nodes">Exactly <c>TreeNode.Cover</c> of the range, in that order.</param>
/// <param name="ElapsedMicroseconds">How long the engine took for the range.</param>
public sealed record GradientComputed(StepNumber Step, WorkRange Range, ImmutableArray<ComputedNode> Nodes, long ElapsedMicroseconds) : ComputeResult;

/// <summary>Answers <see cref="EvaluateBlocks"/>, with one result for each block of the range, in order.</summary>
public sealed record BlocksEvaluated(WeightVersion Version, DataSplit Split, WorkRange Range, ImmutableArray<BlockResult> Blocks) : ComputeResult;

/// <summary>Answers <see cref="InitializeWeights"/> and <see cref="RestoreState"/>.</summary>
public sealed record WeightsInitialized(WeightVersion Version) : ComputeResult;

/// <summary>Answers <see cref="ReduceAndUpdate"/> and <see cref="ContinueUpdate"/>, when the step needs no other shard's sums any more.</summary>
/// <param name="FirstNonFiniteChunk">Null when all new weights are finite.</param>
public sealed record UpdateApplied(StepNumber Step, int? FirstNonFiniteChunk) : ComputeResult
{
    /// <summary>One entry for each of the shard's chunks, in their order; empty when not asked for and when something is not finite.</summary>
    public ImmutableArray<ChunkMeasures> Measures { get; init; } = [];

    /// <summary>Of a step whose noise is measured: of the nodes that the reduction has formed, the root among them.</summary>
    public ShardSquares NodeSquares { get; init; } = ShardSquares.None;
}

/// <summary>Answers <see cref="ReduceAndUpdate"/> and <see cref="ContinueUpdate"/>, when the next stage needs the sums of all shards. Never sent where there is one shard.</summary>
/// <param name="Stage">The stage that has ended, from 0 on.</param>
/// <param name="Squares">Of the shard's chunks, in their order.</param>
public sealed record UpdateStaged(StepNumber Step, int Stage, ImmutableArray<StageSquares> Squares) : ComputeResult;

/// <summary>Answers <see cref="SnapshotState"/>.</summary>
/// <param name="Scalars">Of the optimizer.</param>
public sealed record StateSnapshotted(WeightVersion Version, ImmutableArray<double> Scalars) : ComputeResult;

/// <summary>Answers <see cref="HashWeights"/>; to the coordinator.</summary>
/// <param name="Hash">SHA-256, lower-case hexadecimal.</param>
public sealed record WeightsHashed(WeightVersion Version, string Hash) : ComputeResult;
