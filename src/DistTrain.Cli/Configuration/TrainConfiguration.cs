using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Configuration;

/// <summary>
/// Everything that decides what a training does, and the single source of every default: the flags, the configuration file, the help and
/// <c>cluster-config/reference.yaml</c> all speak of this record. Null stands for <c>auto</c>: it is filled in by <see cref="Resolution"/>.
/// </summary>
public sealed record TrainConfiguration
{
    public static TrainConfiguration Default { get; } = new();

    public string Data { get; init; } = "digits";

    /// <summary>CSV only: the label column by name or by 0-based index; null for the last one.</summary>
    public string? Label { get; init; }

    /// <summary>CSV only: whether the first line names the columns; null to find out.</summary>
    public bool? Header { get; init; }

    /// <summary>Share of the samples kept for testing, where the data has no test part of its own.</summary>
    public double TestRatio { get; init; } = 0.2;

    public string Scaling { get; init; } = "unit";

    public ModelSpecification Model { get; init; } = ModelSpecification.Parse("mlp:128,64");

    /// <summary>Null: cross-entropy for classes, mse for numbers.</summary>
    public string? Loss { get; init; }

    public string Optimizer { get; init; } = "momentum";

    /// <summary>Null: a usual rate for the optimizer.</summary>
    public double? LearningRate { get; init; }

    public double Momentum { get; init; } = 0.9;

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.999;

    public double Epsilon { get; init; } = 1e-8;

    public string Schedule { get; init; } = "cosine";

    public int ScheduleStepEpochs { get; init; } = 10;

    public double ScheduleStepFactor { get; init; } = 0.1;

    public double ScheduleFinalFraction { get; init; }

    public int BatchSize { get; init; } = 32;

    /// <summary>Null: by the rule of <see cref="Learning.Reduction.MiniBatchPartition"/>.</summary>
    public int? MicroBatches { get; init; }

    public int Epochs { get; init; } = 30;

    public ulong Seed { get; init; } = 1;

    public int Workers { get; init; } = 2;

    public string Engine { get; init; } = "simd";

    public string Runtime { get; init; } = "in-process";
}
