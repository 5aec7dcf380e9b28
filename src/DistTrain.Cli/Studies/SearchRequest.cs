using DistTrain.Cli.Configuration;
using DistTrain.Study.Experiments;
using DistTrain.Study.Sampling;

namespace DistTrain.Cli.Studies;

/// <summary>What <c>disttrain search</c> is to search.</summary>
public sealed record SearchRequest
{
    public required SearchSpace Space { get; init; }

    public SearchMethod Method { get; init; } = SearchMethod.Bayesian;

    public int Trials { get; init; } = 32;

    public int GridPoints { get; init; } = 5;

    /// <summary>Null for the error where there are classes, otherwise the loss.</summary>
    public GoalMetric? Objective { get; init; }

    public int LeastEpochs { get; init; } = 1;

    public int ReductionFactor { get; init; } = 3;

    public int Confirmations { get; init; } = 3;

    /// <summary>Null for one on each core.</summary>
    public int? Parallel { get; init; }

    /// <summary>Null for one below <c>studies</c>.</summary>
    public string? Folder { get; init; }

    public bool Json { get; init; }

    /// <summary>What all trials have in common, not yet resolved.</summary>
    public required TrainConfiguration Configuration { get; init; }

    public static TrainConfiguration DefaultConfiguration { get; } = TrainConfiguration.Default with
    {
        ValidationRatio = BatchSizeRequest.DefaultValidationRatio,
        Workers = 1,
        TakesCheckpoints = false,
    };
}
