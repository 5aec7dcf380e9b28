using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors;

/// <summary>What the coordinator tells people.</summary>
public abstract record Announcement;

/// <summary>A decision with its reason, in one sentence.</summary>
public sealed record NoticeAnnounced(string Sentence) : Announcement;

/// <summary>Where training stands; at most some ten times a second.</summary>
/// <param name="SamplesDone">Of this epoch.</param>
/// <param name="MeanLoss">Over the samples of this epoch so far.</param>
/// <param name="Accuracy">Likewise; null without classes.</param>
/// <param name="SamplesPerSecond">Of this epoch so far, evaluation excluded.</param>
/// <param name="TotalSteps">Of the run, if metrics change nothing more.</param>
public sealed record ProgressAnnounced(
    int Epoch, StepNumber Step, long TotalSteps, long SamplesDone, long SamplesTotal, double MeanLoss, double? Accuracy, double SamplesPerSecond) : Announcement;

/// <summary>A committed step whose norms were measured.</summary>
/// <param name="MeanLoss">Over the step's mini-batch.</param>
/// <param name="SampleCount">Of the mini-batch.</param>
/// <param name="Measures">[shards] one entry for each of the shard's chunks, in their order.</param>
public sealed record StepMeasured(StepNumber Step, double LearningRate, double MeanLoss, int SampleCount, ImmutableArray<ImmutableArray<ChunkMeasures>> Measures) : Announcement;

/// <summary>The weights that a step within an epoch made were evaluated.</summary>
/// <param name="SamplesDone">Of this epoch.</param>
/// <param name="MeanLoss">Over them, while they were trained with.</param>
/// <param name="TrainingSeconds">Of the whole run so far, evaluation excluded.</param>
/// <param name="Found">On the part that is evaluated at the ends of epochs.</param>
public sealed record StepEvaluated(int Epoch, StepNumber Step, long SamplesDone, double MeanLoss, double TrainingSeconds, EvaluationSummary Found) : Announcement
{
    /// <summary>The gradient noise scale up to this step; null in a run that does not measure it.</summary>
    public NoiseScale? Noise { get; init; }
}

/// <summary>An epoch has ended, its evaluation is in, and its ledger is proven.</summary>
public sealed record EpochAnnounced(EpochReport Report) : Announcement;

/// <summary>A checkpoint exists.</summary>
/// <param name="WritingSeconds">From its first byte until it existed; training went on meanwhile.</param>
public sealed record CheckpointAnnounced(StepNumber Step, double WritingSeconds) : Announcement;

/// <summary>The run goes on from a step again, in a new incarnation; the sentence for people is announced besides.</summary>
/// <param name="From">The checkpoint's step; 0 for the initial weights.</param>
/// <param name="LostSteps">Committed steps after it, as far as this coordinator knows; they are made again.</param>
/// <param name="LostSeconds">Of training that they took.</param>
/// <param name="Cause">What happened.</param>
public sealed record RecoveryAnnounced(Term Term, Incarnation Incarnation, StepNumber From, long LostSteps, double LostSeconds, string Cause) : Announcement;

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    Completed,

    /// <summary>Ended before its last epoch, because it no longer got better.</summary>
    StoppedEarly,

    /// <summary>Stopped on request, after a whole step.</summary>
    Cancelled,

    /// <summary>A step's loss or weights were not finite; the weights are those before it.</summary>
    NonFinite,

    /// <summary>A node was lost with a shard of the parameter server; the weights are the newest that the coordinator has: those of an epoch's end, or the first.</summary>
    ServerLost,

    /// <summary>An epoch that was replayed after a return to a checkpoint ended in other weights than the first time: a machine computes wrongly, or the run was changed. The weights are the replay's.</summary>
    Contradicted,
}

/// <summary>The last announcement of a run: the server has stopped, and so has every worker.</summary>
/// <param name="EpochsCompleted">Epochs that were announced.</param>
/// <param name="Version">The weights that the run leaves: those after this many steps.</param>
/// <param name="TrainingSeconds">From the first assignment to the last commit, evaluation excluded.</param>
/// <param name="Explanation">One sentence where the outcome needs one.</param>
/// <param name="NonFiniteChunk">For <see cref="RunOutcome.NonFinite"/>: the chunk, or null when it was the loss.</param>
public sealed record RunEnded(
    RunOutcome Outcome, int EpochsCompleted, WeightVersion Version, string WeightsHash, double TrainingSeconds, string? Explanation, int? NonFiniteChunk) : Announcement
{
    /// <summary>The last step that was made; <see cref="Version"/> is an earlier one's where an earlier epoch's weights are left.</summary>
    public StepNumber LastStep { get; init; }

    /// <summary>The epoch whose weights the run leaves, where those are not its last; otherwise null.</summary>
    public int? RestoredEpoch { get; init; }

    /// <summary>Of <see cref="Version"/>, where the test part is evaluated at the run's end; otherwise null.</summary>
    public EvaluationSummary? Test { get; init; }

    /// <summary>For <see cref="RunOutcome.NonFinite"/>: what the step that could not be made was made of.</summary>
    public MiniBatch? NonFiniteMiniBatch { get; init; }
}
