namespace DistTrain.Actors;

/// <summary>What has been decided for one epoch.</summary>
/// <param name="Epoch">1-based.</param>
/// <param name="FirstStep">The epoch's first step; it depends on the batch sizes before.</param>
/// <param name="BatchSize">From 1 to the number of training samples.</param>
/// <param name="RateFactor">What plateaus have multiplied the learning rate by so far; 1 at the beginning.</param>
public readonly record struct EpochSettings(int Epoch, StepNumber FirstStep, int BatchSize, double RateFactor)
{
    public static EpochSettings First(RunDefinition definition) => new(1, new StepNumber(1), Math.Min(definition.BatchSize, definition.SampleCount), 1);

    /// <summary>Mini-batches of the epoch; the last one may be short.</summary>
    public int Steps(RunDefinition definition) => (int)(((long)definition.SampleCount + BatchSize - 1) / BatchSize);

    public StepNumber LastStep(RunDefinition definition) => new(FirstStep.Value + Steps(definition) - 1);

    /// <summary>The settings of the epoch after this one, before metrics are asked: the batch grows where its schedule says so by itself.</summary>
    public EpochSettings Next(RunDefinition definition) => new(
        Epoch + 1,
        LastStep(definition).Next,
        definition.BatchSchedule.GrowsAfter(Epoch) ? definition.BatchSchedule.Grow(BatchSize, definition.SampleCount) : BatchSize,
        RateFactor);

    /// <summary>The rate from which the schedule starts in this epoch: the user's, scaled by the batch size where asked for.</summary>
    public double BaseRate(RunDefinition definition) => definition.LearningRate * definition.Scaling.Factor(First(definition).BatchSize, BatchSize);
}
