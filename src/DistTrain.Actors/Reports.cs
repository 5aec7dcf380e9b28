using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Sums over a split at one weight version: counts are integers, the loss is a double added in block order.</summary>
public sealed record EvaluationSummary(double MeanLoss, double? Accuracy, int SampleCount);

/// <summary>What one worker gave to an epoch: micro-batches that the ledger accepted from it, and the first and last step with one of them.</summary>
public sealed record WorkerShare(WorkerId Worker, int MicroBatchesAccepted, long? FirstStep, long? LastStep);

/// <summary>The proof that an epoch visited every sample exactly once, counted from the ledger's entries.</summary>
/// <param name="ExpectedSamples">Samples in the data.</param>
/// <param name="CountedSamples">Samples whose gradient was applied at least once.</param>
/// <param name="DuplicatedSamples">Times a sample was applied beyond its first.</param>
/// <param name="LostSamples">Samples never applied.</param>
/// <param name="RecomputedSamples">Gradients computed again whose result was not needed; never part of the weights.</param>
public sealed record LedgerProof(long ExpectedSamples, long CountedSamples, long DuplicatedSamples, long LostSamples, long RecomputedSamples);

/// <summary>Everything that is announced when an epoch has ended.</summary>
/// <param name="Epoch">1-based.</param>
/// <param name="Steps">Steps of this epoch.</param>
/// <param name="LastStep">1-based step of the run with which the epoch ended; also the weight version.</param>
/// <param name="TrainLoss">Mean over the epoch's samples of the loss at the step in which each was used.</param>
/// <param name="TrainAccuracy">Likewise; null without classes.</param>
/// <param name="LearningRate">The rate of the epoch's last step.</param>
/// <param name="WeightsHash">SHA-256, lower-case hexadecimal, of all parameters as float32 little-endian in graph order.</param>
public sealed record EpochReport(
    int Epoch,
    int Steps,
    long LastStep,
    LedgerProof Ledger,
    double TrainLoss,
    double? TrainAccuracy,
    EvaluationSummary? Test,
    double LearningRate,
    double TrainingSeconds,
    double SamplesPerSecond,
    string WeightsHash,
    ImmutableArray<WorkerShare> Workers);
