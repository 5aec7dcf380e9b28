using DistTrain.Learning.Diagnostics;

namespace DistTrain.Actors;

/// <summary>
/// Everything besides tensors that is needed to go on after a step as if nothing had been, with any number of shards and workers. The tensors of the same step are the weights and the optimizer's.
/// </summary>
/// <param name="Coordinator">What the coordinator has to remember.</param>
/// <param name="Server">What shard 0 is besides its tensors; the scalars are every shard's.</param>
public sealed record Checkpoint(CoordinatorState Coordinator, ServerState Server)
{
    /// <summary>The step after which it was taken.</summary>
    public StepNumber Step => Coordinator.Step;

    /// <summary>What a shard is besides its tensors.</summary>
    public ServerState StateOf(ShardId shard) => shard.Value == 0 ? Server : Server with { Ledger = [], RecomputedSamples = 0 };
}

/// <summary>The coordinator's part of a checkpoint. Every epoch that ended with <paramref name="Step"/> or before it has been reported.</summary>
/// <param name="Step">The last committed step.</param>
/// <param name="Decisions">Under which the next step is planned.</param>
/// <param name="EpochsReported">Epochs that have ended.</param>
/// <param name="Epoch">What is summed up of the epoch under way; null between two epochs.</param>
/// <param name="TrainingSeconds">Of the epochs before it; evaluation excluded.</param>
public sealed record CoordinatorState(StepNumber Step, TrainingDecisions Decisions, int EpochsReported, OpenEpoch? Epoch, double TrainingSeconds)
{
    /// <summary>Of the gradient's noise, up to the step; nothing in a run that does not measure it.</summary>
    public NoiseAverage Noise { get; init; }

    /// <summary>SHA-256 of the weights of the best epoch (<see cref="TrainingDecisions.Best"/>), whose tensors are then a part of the checkpoint; null where there is none.</summary>
    public string? BestWeightsHash { get; init; }

    /// <summary>What the test part gives on those, where it is evaluated at the run's end only; otherwise null.</summary>
    public EvaluationSummary? BestTest { get; init; }

    /// <summary>The metric of the epoch that ended with this step, by which checkpoints are compared; null within an epoch.</summary>
    public double? Score { get; init; }
}

/// <summary>Sums over the steps of an epoch so far, added in step order.</summary>
/// <param name="LearningRate">Of its last step.</param>
/// <param name="TrainingSeconds">From the epoch's first assignment to its last commit so far.</param>
public sealed record OpenEpoch(int Epoch, double LossSum, long CorrectCount, long SampleCount, double LearningRate, double TrainingSeconds);
