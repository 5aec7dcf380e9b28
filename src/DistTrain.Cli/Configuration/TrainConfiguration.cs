using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Configuration;

/// <summary>
/// Everything that decides what a training does, and the single source of every default: the flags, the configuration file, the help and
/// <c>cluster-config/reference.yaml</c> all speak of this record. Null stands for <c>auto</c>; what it comes to is filled in by <see cref="Resolution"/> once the data is known.
/// </summary>
public sealed partial record TrainConfiguration
{
    public static TrainConfiguration Default { get; } = new();

    public string Data { get; init; } = "digits";

    /// <summary>CSV only: the label column by name or by index from 0; null for the last one.</summary>
    public string? Label { get; init; }

    /// <summary>CSV only: whether the first line names the columns; null to find out.</summary>
    public bool? Header { get; init; }

    /// <summary>CSV only: whether the label column names classes or holds values; null for classes.</summary>
    public string? Task { get; init; }

    /// <summary>CSV only: what stands between two columns; null for a comma.</summary>
    public string? Separator { get; init; }

    /// <summary>Null: what suits the source (pixels to 0..1, tables to mean 0 and deviation 1).</summary>
    public string? Scaling { get; init; }

    /// <summary>Share of the samples kept for testing; null for the data's own test part, or 0.2 where it has none.</summary>
    public double? TestRatio { get; init; }

    /// <summary>Null: <see cref="Seed"/>.</summary>
    public ulong? SplitSeed { get; init; }

    public ModelSpecification Model { get; init; } = ModelSpecification.Parse("mlp:256,128");

    /// <summary>Null: cross-entropy for classes, mse for numbers.</summary>
    public string? Loss { get; init; }

    /// <summary>cross-entropy and binary-cross-entropy only.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>huber only.</summary>
    public double HuberDelta { get; init; } = 1;

    public string Optimizer { get; init; } = "momentum";

    /// <summary>Null: a usual rate for the optimizer.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Whether a range test is to find the rate before training.</summary>
    public bool FindsLearningRate { get; init; }

    /// <summary>Null, as for the other settings of the optimizer that may be null: its usual value (<see cref="Learning.Optimization.UsualSettings"/>).</summary>
    public double? Momentum { get; init; }

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.999;

    public double? Epsilon { get; init; }

    public double? Rho { get; init; }

    /// <summary>Null: no.</summary>
    public bool? Centered { get; init; }

    public double MomentumDecay { get; init; } = 0.004;

    public double InitialAccumulator { get; init; }

    public double TrustCoefficient { get; init; } = 0.001;

    public double L1 { get; init; }

    public double L2 { get; init; }

    public double? WeightDecay { get; init; }

    public double ClipValue { get; init; }

    public double ClipNorm { get; init; }

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
