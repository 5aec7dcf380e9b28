using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Runtime;

/// <summary>From a training definition to the actors that carry it out.</summary>
public static class TrainingActors
{
    /// <summary>The coordinator and the workers of a run, none started. The shards of the parameter server are made when the coordinator places them.</summary>
    /// <param name="run">What is to be done.</param>
    /// <param name="past">What the coordinators before this one have written down; null for a run without a journal.</param>
    public static IReadOnlyList<IActor> Create(RunDefinition run, JournalPast? past = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return
        [
            new CoordinatorActor(run, past),
            .. Enumerable.Range(1, run.WorkerCount).Select(number => new WorkerActor(new WorkerId(number), run.Arithmetic)),
        ];
    }

    /// <summary>What the actors need to know of a definition whose coordinator is in this process.</summary>
    /// <param name="recovery">Null for a run that does not outlive its coordinator; it takes no checkpoints.</param>
    /// <inheritdoc cref="ToRunDefinition(TrainingDefinition, ArithmeticId)"/>
    public static RunDefinition ToRunDefinition(this TrainingDefinition definition, ArithmeticId arithmetic, RunRecovery? recovery)
    {
        var run = definition.ToRunDefinition(arithmetic);
        return recovery is null ? run : run with { Term = recovery.Journal.Term, Checkpoints = definition.Checkpoints };
    }

    /// <summary>What the actors need to know of a definition.</summary>
    /// <exception cref="InvalidInputException">A value is out of range.</exception>
    public static RunDefinition ToRunDefinition(this TrainingDefinition definition, ArithmeticId arithmetic)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var run = new RunDefinition
        {
            SampleCount = definition.Train.Count,
            BatchSize = definition.BatchSize,
            MicroBatchCount = definition.MicroBatchCount,
            Epochs = definition.Epochs,
            LearningRate = definition.LearningRate,
            Schedule = definition.Schedule,
            BatchSchedule = definition.BatchSchedule,
            Scaling = definition.Scaling,
            Plateau = definition.Plateau,
            EarlyStopping = definition.EarlyStopping,
            StepEvaluations = definition.StepEvaluations,
            MeasuringIntervalSteps = definition.MeasuringIntervalSteps,
            NoiseIntervalSteps = definition.NoiseIntervalSteps,
            ValidationSampleCount = definition.Validation?.Count ?? 0,
            TestSampleCount = definition.Test?.Count ?? 0,
            HasClasses = definition.Train.Targets is ClassLabels,
            Metrics = definition.Metrics,
            LabelsPerSample = Math.Max(1, definition.Train.Targets.LabelsPerSample),
            WorkerCount = definition.WorkerCount,
            ShardCount = definition.ShardCount,
            Arithmetic = arithmetic.Value,
        };
        run.Check();
        return run;
    }
}
