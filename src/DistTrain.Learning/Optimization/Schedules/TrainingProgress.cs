namespace DistTrain.Learning.Optimization;

/// <summary>
/// Where a step stands in its run. The length of an epoch in steps may change with the batch size, so schedules measure in epochs, or in steps of the current epoch's length: both are the
/// ordinary count of steps where the batch size stays as it is.
/// </summary>
/// <param name="Step">1-based step of the run.</param>
/// <param name="Epoch">1-based.</param>
/// <param name="StepOfEpoch">1-based.</param>
/// <param name="StepsOfEpoch">At least 1.</param>
/// <param name="Epochs">Of the whole run, at least 1.</param>
public readonly record struct TrainingProgress(long Step, int Epoch, int StepOfEpoch, int StepsOfEpoch, int Epochs)
{
    /// <summary>Epochs that are over.</summary>
    public int EpochsDone => Epoch - 1;

    /// <summary>Steps before this one, as if every epoch had been as long as this one.</summary>
    public long StepsDone => ((long)EpochsDone * StepsOfEpoch) + StepOfEpoch - 1;

    /// <summary>Steps of the whole run, as if every epoch were as long as this one.</summary>
    public long TotalSteps => (long)Epochs * StepsOfEpoch;

    /// <summary>The progress of a step of a run in which every epoch has the same number of steps.</summary>
    /// <param name="step">1-based.</param>
    public static TrainingProgress Of(long step, int stepsPerEpoch, int epochs) =>
        new(step, (int)((step - 1) / stepsPerEpoch) + 1, (int)((step - 1) % stepsPerEpoch) + 1, stepsPerEpoch, epochs);
}
