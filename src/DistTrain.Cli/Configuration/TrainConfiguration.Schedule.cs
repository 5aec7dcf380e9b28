using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Metrics;

namespace DistTrain.Cli.Configuration;

/// <summary>How rate and batch size change, when a run ends, what is counted, and what a worker may use.</summary>
public sealed partial record TrainConfiguration
{
    /// <summary>Share of the samples outside the test part that is kept for validation; 0 for none.</summary>
    public double ValidationRatio { get; init; }

    /// <summary>multi-step: epochs joined by commas.</summary>
    public string? ScheduleMilestones { get; init; }

    public double ScheduleDecay { get; init; } = 0.95;

    public double SchedulePower { get; init; } = 1;

    /// <summary>Null: the whole run.</summary>
    public int? ScheduleCycleEpochs { get; init; }

    public double ScheduleCycleRise { get; init; } = 0.3;

    public double ScheduleCycleStartDivisor { get; init; } = 25;

    public double ScheduleCycleFinalDivisor { get; init; } = 10_000;

    public long WarmupSteps { get; init; }

    public double WarmupEpochs { get; init; }

    public double WarmupStart { get; init; } = 0.1;

    public string PlateauMetric { get; init; } = "validation-loss";

    public double PlateauFactor { get; init; } = 0.1;

    public int PlateauPatience { get; init; } = 10;

    public double PlateauThreshold { get; init; } = 1e-4;

    public int PlateauCooldown { get; init; }

    public double PlateauMinimumRate { get; init; }

    public string BatchSchedule { get; init; } = "constant";

    public int BatchGrowthEpochs { get; init; } = 10;

    public double BatchGrowthFactor { get; init; } = 2;

    /// <summary>Null: all training samples.</summary>
    public int? BatchSizeMaximum { get; init; }

    public string ScalingRule { get; init; } = "none";

    public int BaseBatchSize { get; init; } = 32;

    public bool ScalingFollowsGrowth { get; init; }

    /// <summary>Null: the run takes all its epochs.</summary>
    public string? StopMetric { get; init; }

    public int StopPatience { get; init; } = 5;

    public double StopMinDelta { get; init; }

    public bool StopRestoreBest { get; init; } = true;

    /// <summary>0: evaluations at the ends of epochs only.</summary>
    public long EvaluateSteps { get; init; }

    public double EvaluateGrowth { get; init; }

    /// <summary>Null: the run ends with its epochs.</summary>
    public long? MaxSteps { get; init; }

    /// <summary>As <see cref="Study.Experiments.Goal"/> writes it; null for none.</summary>
    public string? StopGoal { get; init; }

    public int TopK { get; init; } = MetricPlan.DefaultTopK;

    /// <summary>Whether the gradient noise scale is estimated.</summary>
    public bool MeasuresNoise { get; init; } = true;

    /// <summary>Steps from one whose noise is measured to the next.</summary>
    public int NoiseIntervalSteps { get; init; } = NoiseRule.DefaultIntervalSteps;

    /// <summary>Bytes; null for whatever is needed.</summary>
    public long? MemoryBytes { get; init; }

    public int ThreadsPerWorker { get; init; } = 1;

    /// <summary>The milestones as numbers.</summary>
    public ImmutableArray<int> Milestones => ScheduleMilestones is { } text ? ValueReading.RisingNumbers(text) : [];
}
