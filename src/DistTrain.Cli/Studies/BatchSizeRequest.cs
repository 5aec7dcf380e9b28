using DistTrain.Cli.Configuration;
using DistTrain.Study.Experiments;
using DistTrain.Study.Statistics;

namespace DistTrain.Cli.Studies;

/// <summary>What <c>disttrain study batch-size</c> is to study.</summary>
public sealed record BatchSizeRequest
{
    public const double DefaultValidationRatio = 0.2;

    /// <summary>As <see cref="StudyPlan.ParseBatchSizes"/> reads it.</summary>
    public string BatchSizes { get; init; } = "auto";

    public Goal Goal { get; init; } = new(GoalMetric.ValidationError, 0.05);

    public int Trials { get; init; } = 32;

    public int Confirmations { get; init; } = 5;

    public long MaximumSteps { get; init; } = 20_000;

    /// <summary>Null for no budget of samples.</summary>
    public long? MaximumSamples { get; init; }

    public long MinimumSteps { get; init; } = 200;

    public RateInterval Rates { get; init; } = new(1e-3, 3);

    public TuningSampler Sampler { get; init; }

    public double GiveUpFactor { get; init; } = 3;

    public int MostWidenings { get; init; } = 2;

    /// <summary>As <see cref="StudyPlan.Wave"/>.</summary>
    public int Wave { get; init; } = 8;

    public bool GoesOnAfterGoal { get; init; }

    /// <summary>Tuning trials that run at once; null for one on each core.</summary>
    public int? Parallel { get; init; }

    /// <summary>Null for a new one below <c>studies</c>.</summary>
    public string? Folder { get; init; }

    public bool IsDryRun { get; init; }

    public bool Json { get; init; }

    /// <summary>What all trials have in common, not yet resolved.</summary>
    public required TrainConfiguration Configuration { get; init; }

    /// <summary>
    /// Trials differ from a usual run in this: a constant rate, so that the steps to a goal do not depend on the budget; a validation part, on which the goal is looked for; and evaluations so
    /// close together that the steps to the goal are known within 2 %. The noise of every fourth step's gradient is measured, because a trial may have few steps; that takes some 5 % of them.
    /// </summary>
    public static TrainConfiguration DefaultConfiguration { get; } = TrainConfiguration.Default with
    {
        Schedule = "constant",
        ValidationRatio = DefaultValidationRatio,
        EvaluateSteps = 1,
        EvaluateGrowth = 0.02,
        Workers = 1,
        TakesCheckpoints = false,
        NoiseIntervalSteps = 4,
    };
}
