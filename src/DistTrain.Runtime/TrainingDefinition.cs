using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Metrics;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime;

/// <summary>A training run, fully resolved: nothing is left to defaults.</summary>
public sealed record TrainingDefinition
{
    public required ModelGraph Graph { get; init; }

    public required Loss Loss { get; init; }

    public required OptimizerChain Optimizer { get; init; }

    public required Schedule Schedule { get; init; }

    public required double LearningRate { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Samples of a mini-batch, at least 1; larger than the data means the whole data (full-batch gradient descent).</summary>
    public required int BatchSize { get; init; }

    /// <summary>Null for the default rule of <see cref="Learning.Reduction.MiniBatchPartition"/>.</summary>
    public required int? MicroBatchCount { get; init; }

    public required int Epochs { get; init; }

    public required int WorkerCount { get; init; }

    /// <summary>Pieces that the parameter server is cut into where all of it lives in one process, at least 1; a cluster's settings have their own.</summary>
    public int ShardCount { get; init; } = 1;

    public required SampleSet Train { get; init; }

    /// <summary>Evaluated at every epoch's end, or once at the run's end where there is a validation part; null when there is no test part.</summary>
    public required SampleSet? Test { get; init; }

    /// <summary>Evaluated at every epoch's end; null when there is no validation part.</summary>
    public SampleSet? Validation { get; init; }

    public BatchSchedule BatchSchedule { get; init; } = BatchSchedule.Constant;

    public ScalingRule Scaling { get; init; } = ScalingRule.None;

    /// <summary>Null where neither the rate nor the batch size depends on plateaus.</summary>
    public PlateauRule? Plateau { get; init; }

    /// <summary>Null for a run of all its epochs.</summary>
    public EarlyStoppingRule? EarlyStopping { get; init; }

    /// <summary>Evaluations within epochs, and the goal or step at which the run ends; null for none.</summary>
    public StepEvaluations? StepEvaluations { get; init; }

    /// <summary>Steps from one whose norms are measured to the next, at least 1.</summary>
    public int MeasuringIntervalSteps { get; init; } = MeasuringRule.DefaultIntervalSteps;

    /// <summary>Steps from one whose gradient noise is measured to the next, at least 1; null for a run that does not measure it.</summary>
    public int? NoiseIntervalSteps { get; init; }

    /// <summary>k of the top-k accuracy, at least 1.</summary>
    public int TopK { get; init; } = MetricPlan.DefaultTopK;

    /// <summary>When checkpoints are taken, where the run has a place for them; null for a run without any.</summary>
    public CheckpointPolicy? Checkpoints { get; init; }

    /// <summary>What a worker's programs may take of memory, in bytes; null for whatever they need.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Threads on which each worker computes, at least 1.</summary>
    public int ThreadsPerWorker { get; init; } = 1;

    /// <summary>What evaluations count.</summary>
    public MetricPlan Metrics => MetricPlan.For(Loss, Train.Targets, TopK);

    /// <summary>Everything that can be known to be wrong before a run starts.</summary>
    /// <exception cref="InvalidInputException">The run cannot work; one sentence says why.</exception>
    public void Check(IEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        (this.ToRunDefinition(engine.ArithmeticId) with { Checkpoints = Checkpoints }).Check();
        ComputePlan.Create(this, engine);
    }

    public SampleSet Samples(DataSplit split) => (split switch
    {
        DataSplit.Train => Train,
        DataSplit.Validation => Validation,
        _ => Test,
    }) ?? throw new InvalidOperationException($"there is no {split} part");
}

/// <summary>What a run tells while it runs. Events come in order, from one thread at a time.</summary>
public abstract record TrainingEvent;

/// <summary>Now and then within an epoch, for a progress bar: never more than some ten times a second.</summary>
public sealed record TrainingProgressed(int Epoch, long Step, long TotalSteps, long SamplesDone, long SamplesTotal, double MeanLoss, double? Accuracy, double SamplesPerSecond) : TrainingEvent;

public sealed record EpochEnded(EpochReport Report) : TrainingEvent;

/// <summary>A step whose norms were measured.</summary>
/// <param name="MeanLoss">Over the step's mini-batch.</param>
/// <param name="Norms">One entry for each learned tensor, by its index in the layout.</param>
public sealed record LayersMeasured(long Step, double LearningRate, double MeanLoss, ImmutableArray<TensorNorms> Norms) : TrainingEvent;

/// <summary>The weights that a step within an epoch made were evaluated.</summary>
/// <param name="SamplesDone">Of this epoch.</param>
/// <param name="MeanLoss">Over them, while they were trained with.</param>
/// <param name="TrainingSeconds">Of the whole run so far, evaluation excluded.</param>
/// <param name="Found">On the part that is evaluated at the ends of epochs.</param>
public sealed record WeightsEvaluated(int Epoch, long Step, long SamplesDone, double MeanLoss, double TrainingSeconds, EvaluationSummary Found) : TrainingEvent
{
    /// <summary>The gradient noise scale up to this step; null in a run that does not measure it.</summary>
    public NoiseScale? Noise { get; init; }
}

/// <summary>A checkpoint exists.</summary>
/// <param name="WritingSeconds">From its first byte until it existed; training went on meanwhile.</param>
public sealed record CheckpointTaken(long Step, double WritingSeconds) : TrainingEvent;

/// <summary>The run goes on from a step again: a process was lost, or another coordinator goes on. A sentence for people comes besides.</summary>
/// <param name="FromStep">The checkpoint's; 0 for the initial weights.</param>
/// <param name="LostSteps">Committed steps after it, as far as is known; they are made again.</param>
/// <param name="LostSeconds">Of training that they took.</param>
public sealed record Recovered(long Term, long Incarnation, long FromStep, long LostSteps, double LostSeconds, string Cause) : TrainingEvent;

/// <summary>A sentence for the log: a decision with its reason, such as workers that stay idle.</summary>
public sealed record Noticed(string Sentence) : TrainingEvent;

/// <summary>A decision with its reason, or a message that was refused, with the actor's name: for those who want to see everything.</summary>
public sealed record Logged(string Sentence) : TrainingEvent;

/// <param name="Weights">Flat weights in the graph's layout, of version <paramref name="LastStep"/>.</param>
/// <param name="Explanation">For <see cref="RunOutcome.NonFinite"/>: what became non-finite, at which step and in which layer, in one sentence.</param>
public sealed record TrainingResult(
    RunOutcome Outcome, int Epochs, long LastStep, double Seconds, TensorBuffer Weights, string WeightsHash, string? Explanation)
{
    /// <summary>Steps that were made; more than <see cref="LastStep"/> where an earlier epoch's weights are left.</summary>
    public long StepsTaken { get; init; } = LastStep;

    /// <summary>The epoch whose weights these are, where it is not the last; otherwise null.</summary>
    public int? RestoredEpoch { get; init; }

    /// <summary>Of the weights, where the test part is evaluated at the run's end; otherwise null.</summary>
    public EvaluationSummary? Test { get; init; }
}
