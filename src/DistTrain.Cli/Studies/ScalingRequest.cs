using System.Collections.Immutable;
using DistTrain.Cli.Configuration;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Scalings;

namespace DistTrain.Cli.Studies;

/// <summary>What <c>disttrain study scaling</c> is to measure.</summary>
public sealed record ScalingRequest
{
    /// <summary>Ascending.</summary>
    public ImmutableArray<int> Workers { get; init; } = [1, 2];

    public ImmutableArray<ScalingKind> Kinds { get; init; } = [ScalingKind.FixedGlobalBatch, ScalingKind.FixedBatchPerWorker];

    /// <summary>Whether workers are processes, or else threads of this one.</summary>
    public bool UsesProcesses { get; init; }

    /// <summary>Null for throughput alone.</summary>
    public Goal? Goal { get; init; }

    public int Repeats { get; init; } = 5;

    /// <summary>Seconds for each of the measurements that predictions are made from; 0 for no predictions.</summary>
    public double CalibrationSeconds { get; init; } = 1;

    /// <summary>Null for one below <c>studies</c>.</summary>
    public string? Folder { get; init; }

    public bool Json { get; init; }

    /// <summary>What all trainings have in common, not yet resolved.</summary>
    public required TrainConfiguration Configuration { get; init; }

    public static TrainConfiguration DefaultConfiguration { get; } = TrainConfiguration.Default with
    {
        Schedule = "constant",
        ValidationRatio = BatchSizeRequest.DefaultValidationRatio,
        BatchSize = 256,
        Epochs = 20,
        TakesCheckpoints = false,
    };
}
