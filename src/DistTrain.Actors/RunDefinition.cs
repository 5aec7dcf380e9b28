using DistTrain.Learning;
using DistTrain.Learning.Metrics;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>What the actors must know about a run. The model, the data and the optimizer's kernels are the engines' business.</summary>
public sealed record RunDefinition
{
    public const int DefaultEvaluationBlockSize = 512;

    /// <summary>Training samples, at least 1.</summary>
    public required int SampleCount { get; init; }

    /// <summary>Samples of a mini-batch of the first epoch, at least 1; more than there are means all of them (full-batch gradient descent).</summary>
    public required int BatchSize { get; init; }

    /// <summary>Null for the default rule of <see cref="MiniBatchPartition"/>.</summary>
    public required int? MicroBatchCount { get; init; }

    /// <summary>0 leaves the initial weights.</summary>
    public required int Epochs { get; init; }

    public required double LearningRate { get; init; }

    public required Schedule Schedule { get; init; }

    public BatchSchedule BatchSchedule { get; init; } = BatchSchedule.Constant;

    public ScalingRule Scaling { get; init; } = ScalingRule.None;

    /// <summary>What finds out that the training no longer gets better; needed where the rate or the batch size depend on it, otherwise null.</summary>
    public PlateauRule? Plateau { get; init; }

    /// <summary>Null for a run of all its epochs.</summary>
    public EarlyStoppingRule? EarlyStopping { get; init; }

    /// <summary>Evaluations within epochs; null for none.</summary>
    public StepEvaluations? StepEvaluations { get; init; }

    /// <summary>Steps from one whose norms are measured to the next, at least 1; see <see cref="MeasuringRule"/>.</summary>
    public int MeasuringIntervalSteps { get; init; } = MeasuringRule.DefaultIntervalSteps;

    /// <summary>Steps from one whose gradient noise is measured to the next, at least 1; null for a run that does not measure it; see <see cref="NoiseRule"/>.</summary>
    public int? NoiseIntervalSteps { get; init; }

    /// <summary>Samples of the validation part, which is evaluated at every epoch's end; 0 when there is none.</summary>
    public int ValidationSampleCount { get; init; }

    /// <summary>
    /// Samples of the test part; 0 when there is none. It is evaluated at every epoch's end, or, where there is a validation part, once at the run's end, on the weights that the run leaves.
    /// </summary>
    public required int TestSampleCount { get; init; }

    /// <summary>Whether accuracies mean anything.</summary>
    public required bool HasClasses { get; init; }

    /// <summary>What evaluations count beside loss and accuracy.</summary>
    public MetricPlan Metrics { get; init; } = MetricPlan.None;

    /// <summary>Class labels of one sample, at least 1: an accuracy is a share of labels.</summary>
    public int LabelsPerSample { get; init; } = 1;

    /// <summary>Training begins when this many workers have joined, at least 1.</summary>
    public required int WorkerCount { get; init; }

    /// <summary>Whether training waits while there are fewer workers than <see cref="WorkerCount"/>; otherwise it goes on with those that are left.</summary>
    public bool WaitsBelowWorkerCount { get; init; }

    public ShardPlacement Placement { get; init; } = ShardPlacement.Central;

    /// <summary>Shards of the parameter server, at least 1; null for one on each node that the placement gives.</summary>
    public int? ShardCount { get; init; } = 1;

    /// <summary>The arithmetic id of the run; a worker with another one is refused.</summary>
    public required string Arithmetic { get; init; }

    /// <summary>The coordinator's term, at least 1.</summary>
    public Term Term { get; init; } = new(1);

    /// <summary>When checkpoints are taken, to which the run returns when a shard is lost; null for a run without any, which then ends.</summary>
    public CheckpointPolicy? Checkpoints { get; init; }

    /// <summary>Samples of an evaluation block. Losses are added block by block, so this is part of the reported figures' definition.</summary>
    public int EvaluationBlockSize { get; init; } = DefaultEvaluationBlockSize;

    /// <summary>Steps that are planned and assigned ahead of the last committed one, so that the coordinator is not on the critical path; at least 1.</summary>
    public int RunAheadSteps { get; init; } = 2;

    /// <summary>The part that is evaluated at the end of every epoch.</summary>
    public DataSplit EpochSplit => ValidationSampleCount > 0 ? DataSplit.Validation : DataSplit.Test;

    /// <summary>Whether the test part is evaluated once, at the run's end.</summary>
    public bool TestsAtTheEnd => ValidationSampleCount > 0 && TestSampleCount > 0;

    /// <summary>Whether what follows an epoch depends on its metrics.</summary>
    public bool DecidesAfterEpochs => Plateau is not null || EarlyStopping is not null || StepEvaluations is not null;

    public int SampleCountOf(DataSplit split) => split switch
    {
        DataSplit.Train => SampleCount,
        DataSplit.Validation => ValidationSampleCount,
        _ => TestSampleCount,
    };

    /// <exception cref="InvalidInputException">A value is out of range.</exception>
    public void Check()
    {
        RequireAtLeastOne("the number of training samples", SampleCount);
        RequireAtLeastOne("the batch size", BatchSize);
        RequireAtLeastOne("the number of micro-batches", MicroBatchCount ?? 1);
        RequireAtLeastOne("the number of labels a sample", LabelsPerSample);
        RequireAtLeastOne("the number of workers", WorkerCount);
        RequireAtLeastOne("the evaluation block size", EvaluationBlockSize);
        RequireAtLeastOne("the number of steps planned ahead", RunAheadSteps);
        RequireAtLeastOne("the number of steps between two whose noise is measured", NoiseIntervalSteps ?? 1);
        if (Epochs < 0)
        {
            throw new InvalidInputException($"the number of epochs cannot be {Epochs}");
        }

        if (TestSampleCount < 0 || ValidationSampleCount < 0)
        {
            throw new InvalidInputException($"the number of test or validation samples cannot be {Math.Min(TestSampleCount, ValidationSampleCount)}");
        }

        CheckDecisions();
        CheckCheckpoints();
        CheckStepEvaluations();
    }

    private void CheckStepEvaluations()
    {
        StepEvaluations?.Check();
        if (StepEvaluations is not null && SampleCountOf(EpochSplit) == 0)
        {
            throw new InvalidInputException("evaluations within epochs need a validation or a test part");
        }

        if (StepEvaluations?.Goal is { OfError: true } && !HasClasses)
        {
            throw new InvalidInputException("the goal is an error rate, but the data has no classes: set a loss as goal");
        }
    }

    private void CheckCheckpoints()
    {
        Checkpoints?.Check();
        if (Checkpoints?.BestBy is { } metric)
        {
            CheckMetric(metric, "the choice of the best checkpoint");
        }
    }

    private void CheckDecisions()
    {
        BatchSchedule.Check(EpochSettings.First(this).BatchSize, Epochs);
        Scaling.Check();
        Schedule.Check(Epochs, StepPlan.TotalSteps(this));
        var needsPlateau = Schedule.Plateau is not null || BatchSchedule.Growth == BatchGrowth.Plateau;
        if (needsPlateau != Plateau is not null)
        {
            throw new InvalidInputException($"a rule for plateaus {(needsPlateau ? "is needed by the schedule" : "has nothing to decide: neither the rate nor the batch size depends on it")}");
        }

        if (Plateau is { } plateau)
        {
            plateau.Check();
            CheckMetric(plateau.Metric, Schedule.Plateau is null ? "the batch schedule 'plateau'" : "the schedule 'plateau'");
        }

        if (EarlyStopping is { } stopping)
        {
            stopping.Check();
            CheckMetric(stopping.Metric, "early stopping");
        }
    }

    private void CheckMetric(MonitoredMetric metric, string who)
    {
        if (metric.Part == MonitoredPart.Validation && ValidationSampleCount == 0)
        {
            throw new InvalidInputException(
                $"{who} looks at {metric.Name}, but no samples are kept for validation: keep some (validation-ratio: 0.1), or let it look at train-loss");
        }

        var exists = metric.Metric == MetricNames.Accuracy ? HasClasses : metric.Metric == MetricNames.Loss || Metrics.Gives(metric.Metric);
        if (!exists)
        {
            throw new InvalidInputException($"{who} looks at {metric.Name}, which this data does not have");
        }
    }

    private static void RequireAtLeastOne(string what, int value)
    {
        if (value < 1)
        {
            throw new InvalidInputException($"{what} must be at least 1, but is {value}");
        }
    }
}
