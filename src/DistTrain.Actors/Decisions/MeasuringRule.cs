namespace DistTrain.Actors;

/// <summary>Whether a step's norms are measured, and why.</summary>
public readonly record struct MeasuringDecision(bool Measures, string Reason);

/// <summary>Norms by layer cost little, but not nothing: they are taken while a run is young, when most goes wrong, at the ends of epochs, and now and then between.</summary>
public static class MeasuringRule
{
    public const int DefaultIntervalSteps = 32;

    /// <summary>Each of a run's first steps is measured.</summary>
    public const int FirstSteps = 16;

    public static MeasuringDecision Decide(StepNumber step, bool endsEpoch, int intervalSteps)
    {
        if (step.Value <= FirstSteps)
        {
            return new MeasuringDecision(true, $"step {step} is one of the first {FirstSteps}");
        }

        if (endsEpoch)
        {
            return new MeasuringDecision(true, $"step {step} ends its epoch");
        }

        return step.Value % intervalSteps == 0
            ? new MeasuringDecision(true, $"step {step} is a multiple of {intervalSteps}")
            : new MeasuringDecision(false, $"step {step} is between two that are measured");
    }
}
