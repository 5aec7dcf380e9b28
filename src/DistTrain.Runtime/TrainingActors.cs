using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;

namespace DistTrain.Runtime;

/// <summary>From a training definition to the actors that carry it out.</summary>
public static class TrainingActors
{
    /// <summary>The coordinator and the workers of a run, none started. The shards of the parameter server are made when the coordinator places them.</summary>
    public static IReadOnlyList<IActor> Create(RunDefinition run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return
        [
            new CoordinatorActor(run),
            .. Enumerable.Range(1, run.WorkerCount).Select(number => new WorkerActor(new WorkerId(number), run.Arithmetic)),
        ];
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
            MeasuringIntervalSteps = definition.MeasuringIntervalSteps,
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
