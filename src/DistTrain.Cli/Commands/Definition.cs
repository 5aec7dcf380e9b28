using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;
using DistTrain.Study.Experiments;

namespace DistTrain.Cli.Commands;

/// <summary>From a resolved configuration and its data to a training that can be started.</summary>
internal static class Definition
{
    /// <exception cref="InvalidInputException">It cannot work; one sentence says why.</exception>
    public static TrainingDefinition Create(TrainConfiguration configuration, DataSet data, IEngine engine)
    {
        var (graph, loss) = Model(configuration.Model, configuration, data);
        _ = GhostBatch.Of(graph, Math.Min(configuration.BatchSize, data.Train.Count), configuration.MicroBatches);
        foreach (var part in new[] { data.Train, data.Validation, data.Test }.OfType<SampleSet>())
        {
            EmbeddingOperation.Check(graph, part);
        }

        var schedule = Schedule.Create(configuration.Schedule, ScheduleSettings(configuration));
        var growth = BatchSchedule.GrowthOf(configuration.BatchSchedule);
        var definition = new TrainingDefinition
        {
            Graph = graph,
            Loss = loss,
            Optimizer = OptimizerChain.Create(configuration.Optimizer, configuration.OptimizerSettings()),
            Schedule = schedule,
            LearningRate = configuration.LearningRate!.Value,
            Seed = configuration.Seed,
            BatchSize = configuration.BatchSize,
            BatchSchedule = new BatchSchedule(growth, configuration.BatchGrowthEpochs, configuration.BatchGrowthFactor, configuration.BatchSizeMaximum),
            Scaling = new ScalingRule(ScalingRule.ScalingOf(configuration.ScalingRule), configuration.BaseBatchSize, configuration.ScalingFollowsGrowth),
            Plateau = schedule.Plateau is not null || growth == BatchGrowth.Plateau ? PlateauRule(configuration) : null,
            EarlyStopping = configuration.StopMetric is { } metric
                ? new EarlyStoppingRule(MonitoredMetric.Parse(metric), configuration.StopPatience, configuration.StopMinDelta, configuration.StopRestoreBest)
                : null,
            StepEvaluations = StepEvaluations(configuration, data.Validation is not null),
            MicroBatchCount = configuration.MicroBatches,
            Epochs = configuration.Epochs,
            WorkerCount = configuration.Workers,
            ShardCount = configuration.Shards ?? 1,
            ThreadsPerWorker = configuration.ThreadsPerWorker,
            MemoryBytes = configuration.MemoryBytes,
            TopK = configuration.TopK,
            NoiseIntervalSteps = configuration.MeasuresNoise ? configuration.NoiseIntervalSteps : null,
            Checkpoints = configuration.TakesCheckpoints ? CheckpointPolicy(configuration, data.Validation is not null) : null,
            Train = data.Train,
            Validation = data.Validation,
            Test = data.Test.Count == 0 ? null : data.Test,
        };
        definition.Check(engine);
        return definition;
    }

    /// <summary>A model for the data's shapes, and the loss that the configuration names.</summary>
    /// <param name="specification">The model.</param>
    /// <param name="configuration">Resolved for the data.</param>
    /// <param name="data">Decides the shapes.</param>
    /// <exception cref="InvalidInputException">They do not suit each other; one sentence says why.</exception>
    public static (ModelGraph Graph, Loss Loss) Model(ModelSpecification specification, TrainConfiguration configuration, DataSet data)
    {
        var loss = Loss.Create(configuration.Loss!, new LossSettings(configuration.LabelSmoothing, configuration.HuberDelta));
        var graph = specification.Build(data.Train.SampleShape, loss.OutputWidth(data.Train.Targets));
        loss.Check(graph, data.Train.Targets);
        return (graph, loss);
    }

    private static StepEvaluations? StepEvaluations(TrainConfiguration configuration, bool hasValidation)
    {
        if (configuration is { EvaluateSteps: 0, MaxSteps: null, StopGoal: null })
        {
            return configuration.EvaluateGrowth == 0 ? null : throw new InvalidInputException("evaluate-growth has nothing to grow: set evaluate-steps as well");
        }

        var goal = configuration.StopGoal is { } text ? Goal.Parse(text) : null;
        if (goal is not null && !hasValidation)
        {
            throw new InvalidInputException($"the goal '{goal}' looks at the validation part, but no samples are kept for it: keep some (validation-ratio: 0.1)");
        }

        // Without a distance the ends of epochs are evaluated, and the last step.
        return new StepEvaluations
        {
            FirstStep = configuration.EvaluateSteps == 0 ? long.MaxValue : configuration.EvaluateSteps,
            EverySteps = Math.Max(1, configuration.EvaluateSteps),
            Growth = configuration.EvaluateGrowth,
            MaximumSteps = configuration.MaxSteps,
            Goal = goal is null ? null : new StoppingGoal(goal.Metric == GoalMetric.ValidationError, goal.Below),
        };
    }

    private static CheckpointPolicy CheckpointPolicy(TrainConfiguration configuration, bool hasValidation) => new()
    {
        EverySteps = configuration.CheckpointSteps == 0 ? null : configuration.CheckpointSteps,
        EverySeconds = configuration.CheckpointSeconds == 0 ? null : configuration.CheckpointSeconds,
        AtEpochEnds = configuration.CheckpointEpochs,
        SecondsBetweenEpochs = configuration.CheckpointPauseSeconds,
        MaximumLostSeconds = configuration.MaxLostSeconds,
        BestBy = CheckpointKeys.BestBy(configuration, hasValidation),
    };

    private static PlateauRule PlateauRule(TrainConfiguration configuration) => new(
        MonitoredMetric.Parse(configuration.PlateauMetric), configuration.PlateauPatience, configuration.PlateauThreshold, configuration.PlateauCooldown);

    private static ScheduleSettings ScheduleSettings(TrainConfiguration configuration) => new()
    {
        StepEpochs = configuration.ScheduleStepEpochs,
        StepFactor = configuration.ScheduleStepFactor,
        Milestones = configuration.Milestones,
        Decay = configuration.ScheduleDecay,
        Power = configuration.SchedulePower,
        FinalFraction = configuration.ScheduleFinalFraction,
        CycleEpochs = configuration.ScheduleCycleEpochs,
        CycleRise = configuration.ScheduleCycleRise,
        CycleStartDivisor = configuration.ScheduleCycleStartDivisor,
        CycleFinalDivisor = configuration.ScheduleCycleFinalDivisor,
        Plateau = new RatePlateau(configuration.PlateauFactor, configuration.PlateauMinimumRate),
        WarmUp = configuration.WarmupSteps > 0 || configuration.WarmupEpochs > 0
            ? new WarmUp(configuration.WarmupSteps, configuration.WarmupEpochs, configuration.WarmupStart)
            : null,
    };
}
