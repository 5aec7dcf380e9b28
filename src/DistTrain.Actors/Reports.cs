using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Metrics;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors;

/// <summary>Sums over a split at one weight version: counts are integers, the loss is a double added in block order.</summary>
/// <param name="Metrics">Whatever else the run's <see cref="MetricPlan"/> gives; null where it gives nothing.</param>
public sealed record EvaluationSummary(double MeanLoss, double? Accuracy, int SampleCount, SplitMetrics? Metrics = null)
{
    /// <summary>What the activation layers did with the split's first samples; empty where there are none of interest.</summary>
    public ImmutableArray<ActivationHealth> Activations { get; init; } = [];

    /// <summary>One of <see cref="MetricNames.All"/>; null where it does not exist.</summary>
    public double? Value(string metric) => metric switch
    {
        MetricNames.Loss => MeanLoss,
        MetricNames.Accuracy => Accuracy,
        _ => Metrics?.Value(metric),
    };

    public bool Equals(EvaluationSummary? other) =>
        other is not null && MeanLoss.Equals(other.MeanLoss) && Accuracy.Equals(other.Accuracy) && SampleCount == other.SampleCount && Equals(Metrics, other.Metrics)
        && Activations.AsSpan().SequenceEqual(other.Activations.AsSpan());

    public override int GetHashCode() => HashCode.Combine(MeanLoss, Accuracy, SampleCount, Activations.Length);
}

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
/// <param name="Validation">At the epoch's end; null without a validation part.</param>
/// <param name="Test">At the epoch's end; null without a test part, and where there is a validation part: then the test part is kept for the run's end.</param>
/// <param name="LearningRate">The rate of the epoch's last step.</param>
/// <param name="WeightsHash">SHA-256, lower-case hexadecimal, of all parameters as float32 little-endian in graph order.</param>
public sealed record EpochReport(
    int Epoch,
    int Steps,
    long LastStep,
    LedgerProof Ledger,
    double TrainLoss,
    double? TrainAccuracy,
    EvaluationSummary? Validation,
    EvaluationSummary? Test,
    double LearningRate,
    double TrainingSeconds,
    double SamplesPerSecond,
    string WeightsHash,
    ImmutableArray<WorkerShare> Workers)
{
    /// <summary>The gradient noise scale, up to the epoch's last step; null in a run that does not measure it.</summary>
    public NoiseScale? Noise { get; init; }

    /// <summary>The metric that a decision looks at; not a number where it does not exist.</summary>
    public double Metric(MonitoredMetric metric) => (metric.Part, metric.Metric) switch
    {
        (MonitoredPart.Train, MetricNames.Loss) => TrainLoss,
        (MonitoredPart.Train, _) => TrainAccuracy ?? double.NaN,
        _ => Validation?.Value(metric.Metric) ?? double.NaN,
    };
}
