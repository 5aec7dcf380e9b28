using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>What a step is made of.</summary>
public readonly record struct PlannedStep(MiniBatch MiniBatch, double LearningRate, bool EndsEpoch);

/// <summary>Which mini-batch is step n: a pure function of the run's definition, so that any number of workers take the same steps.</summary>
public static class StepPlan
{
    /// <summary>Mini-batches of an epoch; the last one may be short.</summary>
    public static int StepsPerEpoch(RunDefinition definition)
    {
        var batch = BatchSize(definition);
        return (int)(((long)definition.SampleCount + batch - 1) / batch);
    }

    public static long TotalSteps(RunDefinition definition) => (long)StepsPerEpoch(definition) * definition.Epochs;

    /// <param name="definition">The run.</param>
    /// <param name="step">From 1 to <see cref="TotalSteps"/>.</param>
    public static PlannedStep At(RunDefinition definition, StepNumber step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Value, 1, nameof(step));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step.Value, TotalSteps(definition), nameof(step));
        var stepsPerEpoch = StepsPerEpoch(definition);
        var batch = BatchSize(definition);
        var epoch = (int)((step.Value - 1) / stepsPerEpoch) + 1;
        var positionInEpoch = (int)((step.Value - 1) % stepsPerEpoch);
        var first = positionInEpoch * batch;
        var sampleCount = Math.Min(batch, definition.SampleCount - first);
        var partition = MiniBatchPartition.Create(sampleCount, definition.MicroBatchCount);
        return new PlannedStep(
            new MiniBatch(step, epoch, first, sampleCount, partition.MicroBatchCount),
            definition.Schedule.LearningRate(definition.LearningRate, step.Value, stepsPerEpoch, TotalSteps(definition)),
            EndsEpoch: positionInEpoch == stepsPerEpoch - 1);
    }

    private static int BatchSize(RunDefinition definition) => Math.Min(definition.BatchSize, definition.SampleCount);
}
