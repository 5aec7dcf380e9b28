using System.Collections.Immutable;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Reports.Runs;

/// <summary>What is known of one training: what its metrics say, in order.</summary>
public sealed record RunHistory
{
    /// <summary>The run directory, as it was written.</summary>
    public string Name { get; init; } = "";

    public string? ProgramVersion { get; init; }

    /// <summary>The resolved configuration: name and value of each key, as the metrics name them.</summary>
    public ImmutableArray<(string Name, string Value)> Configuration { get; init; } = [];

    public string? DataName { get; init; }

    public string? DataHash { get; init; }

    public long? TrainSamples { get; init; }

    public long? ValidationSamples { get; init; }

    public long? TestSamples { get; init; }

    public long? ParameterCount { get; init; }

    public string? KernelPath { get; init; }

    public string? ArithmeticId { get; init; }

    /// <summary>By number; of an epoch that was told of twice, the last word.</summary>
    public ImmutableArray<EpochPoint> Epochs { get; init; } = [];

    /// <summary>By step.</summary>
    public ImmutableArray<LayersPoint> Layers { get; init; } = [];

    public ImmutableArray<CheckpointPoint> Checkpoints { get; init; } = [];

    public ImmutableArray<RecoveryPoint> Recoveries { get; init; } = [];

    /// <summary>Times another process went on with the run.</summary>
    public int Resumptions { get; init; }

    /// <summary>By step; empty where it was not measured.</summary>
    public ImmutableArray<NoisePoint> Noise { get; init; } = [];

    /// <summary>The curve of a learning-rate range test; empty without one.</summary>
    public ImmutableArray<RatePoint> RateRange { get; init; } = [];

    /// <summary>The rate that the range test led to.</summary>
    public double? SuggestedRate { get; init; }

    /// <summary>Null while it is trained, and after a crash.</summary>
    public RunEnding? Ending { get; init; }

    /// <summary>Of the weights that it ended with, over the test part; null where it was not counted.</summary>
    public Confusions? Confusions { get; init; }

    /// <summary>The value of a setting; null where there is none.</summary>
    public string? Setting(string name) => Configuration.FirstOrDefault(setting => setting.Name == name).Value;
}

/// <summary>An epoch, when it ended.</summary>
public sealed record EpochPoint(int Epoch)
{
    public long LastStep { get; init; }

    public double? TrainLoss { get; init; }

    public double? TrainAccuracy { get; init; }

    /// <summary>Figures of the validation and the test part by their names in the metrics, such as <c>validationLoss</c>.</summary>
    public ImmutableSortedDictionary<string, double> Metrics { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    public double? LearningRate { get; init; }

    /// <summary>Of training; evaluation excluded.</summary>
    public double? Seconds { get; init; }

    public double? SamplesPerSecond { get; init; }

    public string? WeightsHash { get; init; }

    /// <summary>Samples that were counted once, that there are, that were applied again, never applied, and computed in vain.</summary>
    public (long Counted, long Expected, long Duplicated, long Lost, long Recomputed)? Ledger { get; init; }

    public ImmutableArray<WorkerPoint> Workers { get; init; } = [];

    public ImmutableArray<ActivationPoint> Activations { get; init; } = [];

    public double? Metric(string name) => Metrics.TryGetValue(name, out var value) ? value : null;
}

/// <summary>What a worker gave to an epoch.</summary>
public sealed record WorkerPoint(string Worker, long MicroBatchesAccepted, long? FirstStep, long? LastStep);

/// <summary>An activation layer at an evaluation: shares of units, 0 to 1.</summary>
public sealed record ActivationPoint(string Layer, double? DeadShare, double? SaturatedShare);

/// <summary>Norms at one step.</summary>
public sealed record LayersPoint(long Step, double? LearningRate, double? Loss, ImmutableArray<TensorPoint> Tensors);

/// <param name="UpdateRatio">Norm of the update over the norm of the weights.</param>
public sealed record TensorPoint(string Name, double? GradientNorm, double? WeightNorm, double? UpdateRatio);

public sealed record CheckpointPoint(long Step, double? WritingSeconds);

public sealed record RecoveryPoint(long FromStep, long LostSteps, double? LostSeconds, string Cause);

public sealed record RatePoint(double LearningRate, double? Loss, double? SmoothedLoss);

/// <summary>How a run ended.</summary>
/// <param name="Outcome">Such as <c>completed</c> or <c>stopped-early</c>.</param>
/// <param name="Metrics">Of the saved weights, by their names in the metrics.</param>
/// <param name="RestoredEpoch">The epoch whose weights were saved, where it is not the last.</param>
public sealed record RunEnding(
    string Outcome,
    int Epochs,
    long Steps,
    double? Seconds,
    int? RestoredEpoch,
    ImmutableSortedDictionary<string, double> Metrics,
    string? WeightsHash,
    string? Explanation,
    ImmutableArray<string> Advice)
{
    public double? Metric(string name) => Metrics.TryGetValue(name, out var value) ? value : null;
}

/// <summary>How often each class was taken for each.</summary>
/// <param name="ClassNames">[classes]</param>
/// <param name="Counts">[actual][predicted] samples.</param>
public sealed record Confusions(ImmutableArray<string> ClassNames, ImmutableArray<ImmutableArray<long>> Counts);
