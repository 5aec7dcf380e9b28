using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>What a step is made of.</summary>
public readonly record struct PlannedStep(MiniBatch MiniBatch, double LearningRate, bool EndsEpoch);

/// <summary>Which mini-batch is step n: a pure function of the run's definition and of what was decided for the epoch, so that any number of workers take the same steps.</summary>
public static class StepPlan
{
    /// <summary>Steps of a run in which nothing more is decided by metrics.</summary>
    public static long TotalSteps(RunDefinition definition) => TotalSteps(definition, EpochSettings.First(definition));

    /// <summary>Steps of the whole run, if the metrics change nothing from this epoch on.</summary>
    /// <param name="definition">The run.</param>
    /// <param name="epoch">What has been decided last.</param>
    public static long TotalSteps(RunDefinition definition, EpochSettings epoch)
    {
        var every = definition.BatchSchedule.EveryEpochs;
        while (definition.BatchSchedule.Growth == BatchGrowth.Step && epoch.BatchSize < definition.SampleCount)
        {
            // Straight to the last epoch with this size.
            var last = Math.Min((((epoch.Epoch - 1) / every) + 1) * (long)every, definition.Epochs);
            epoch = After(definition, epoch, last - epoch.Epoch);
            var next = epoch.Next(definition);
            if (last == definition.Epochs || next.BatchSize == epoch.BatchSize)
            {
                break;
            }

            epoch = next;
        }

        return After(definition, epoch, definition.Epochs - epoch.Epoch).LastStep(definition).Value;
    }

    /// <param name="definition">The run.</param>
    /// <param name="epoch">The step's epoch.</param>
    /// <param name="step">One of the epoch's.</param>
    public static PlannedStep At(RunDefinition definition, EpochSettings epoch, StepNumber step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, epoch.FirstStep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, epoch.LastStep(definition));
        var positionInEpoch = (int)(step.Value - epoch.FirstStep.Value);
        var first = positionInEpoch * epoch.BatchSize;
        var sampleCount = Math.Min(epoch.BatchSize, definition.SampleCount - first);
        var partition = MiniBatchPartition.Create(sampleCount, definition.MicroBatchCount);
        var progress = new TrainingProgress(step.Value, epoch.Epoch, positionInEpoch + 1, epoch.Steps(definition), definition.Epochs);
        return new PlannedStep(
            new MiniBatch(step, epoch.Epoch, first, sampleCount, partition.MicroBatchCount),
            definition.Schedule.LearningRate(epoch.BaseRate(definition), progress) * epoch.RateFactor,
            EndsEpoch: step == epoch.LastStep(definition));
    }

    /// <summary>So many epochs later, with batches of the same size.</summary>
    private static EpochSettings After(RunDefinition definition, EpochSettings epoch, long epochs) =>
        epoch with { Epoch = (int)(epoch.Epoch + epochs), FirstStep = new StepNumber(epoch.FirstStep.Value + (epochs * epoch.Steps(definition))) };
}
