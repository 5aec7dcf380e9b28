using System.Collections.Immutable;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>Heavy work on tensors, run by the actor's own engine and answered by exactly one <see cref="ComputeResult"/> to the same actor.</summary>
public abstract record ComputeEffect : Effect;

/// <summary>Lets go of tensors that the actor holds; there is no answer.</summary>
public abstract record ReleaseEffect : Effect;

/// <summary>Worker: forward and backward over a range of micro-batches on the version that the step reads. Answered by <see cref="GradientComputed"/>.</summary>
public sealed record ComputeGradient(MiniBatch MiniBatch, WorkRange Range) : ComputeEffect
{
    /// <summary>Whether the answer is to hold squared norms of nodes.</summary>
    public bool MeasuresNoise { get; init; }
}

/// <summary>
/// Worker: a hint, without an answer. This range is to be computed as soon as the version that it reads is here, so its samples may be gathered meanwhile.
/// </summary>
public sealed record PrepareSamples(MiniBatch MiniBatch, WorkRange Range) : Effect;

/// <summary>Worker: loss and correct answers of a range of evaluation blocks. Answered by <see cref="BlocksEvaluated"/>.</summary>
public sealed record EvaluateBlocks(WeightVersion Version, DataSplit Split, WorkRange Blocks) : ComputeEffect;

/// <summary>Server: makes version 0. Answered by <see cref="WeightsInitialized"/>.</summary>
public sealed record InitializeWeights(ShardId Shard) : ComputeEffect
{
    /// <summary>That the shard is going to serve in.</summary>
    public Incarnation Incarnation { get; init; }
}

/// <summary>A gradient node that the server holds.</summary>
public readonly record struct HeldGradient(TreeNode Node, GradientHandle Gradient);

/// <summary>
/// Server: folds the tree, divides the root by the mini-batch's size, runs the optimizer on the version that the step reads and writes the version that it makes.
/// The step's number is also the optimizer's count of updates. Answered by <see cref="UpdateApplied"/>.
/// </summary>
/// <param name="Nodes">Disjoint nodes that cover the mini-batch, in order of their first micro-batch. The server releases them after the answer.</param>
public sealed record ReduceAndUpdate(ShardId Shard, MiniBatch MiniBatch, ImmutableArray<HeldGradient> Nodes, double LearningRate) : ComputeEffect
{
    /// <summary>Whether the answer is to hold norms by tensor.</summary>
    public bool Measures { get; init; }

    /// <summary>Whether the answer is to hold squared norms of nodes.</summary>
    public bool MeasuresNoise { get; init; }
}

/// <summary>Server: the next stage of the update that is under way. Answered like <see cref="ReduceAndUpdate"/>.</summary>
/// <param name="Stage">The stage that has ended, from 0 on.</param>
/// <param name="Squares">[shards] what each shard, this one included, summed in it.</param>
public sealed record ContinueUpdate(ShardId Shard, StepNumber Step, int Stage, ImmutableArray<ImmutableArray<StageSquares>> Squares) : ComputeEffect;

/// <summary>Server: forget the update that is under way between two stages; the run ends before it.</summary>
public sealed record AbandonUpdate(ShardId Shard, StepNumber Step) : ReleaseEffect;

/// <summary>Server: copy the shard's weights of its newest version and its optimizer state aside. Answered by <see cref="StateSnapshotted"/>.</summary>
public sealed record SnapshotState(ShardId Shard, WeightVersion Version) : ComputeEffect;

/// <summary>
/// The holder will not use this snapshot (its own, or all the parts of that version that were delivered to it) again. Parts that are still on their way to it may be among them; there may be none (any more).
/// </summary>
public sealed record DropSnapshot(WeightVersion Version) : ReleaseEffect;

/// <summary>Server: take over the state that came with <see cref="ResumeServing"/>. Answered by <see cref="WeightsInitialized"/>.</summary>
public sealed record RestoreState(ShardId Shard, ServerState State) : ComputeEffect
{
    /// <summary>That the shard is going to serve in.</summary>
    public Incarnation Incarnation { get; init; }
}

/// <summary>Coordinator: SHA-256 of a version that every shard has delivered. Answered by <see cref="WeightsHashed"/>.</summary>
public sealed record HashWeights(WeightVersion Version) : ComputeEffect;

/// <summary>The holder will not use this gradient again.</summary>
public sealed record ReleaseGradient(GradientHandle Gradient) : ReleaseEffect;

/// <summary>The holder will not ask for this version again.</summary>
public sealed record DropWeights(WeightVersion Version) : ReleaseEffect;
