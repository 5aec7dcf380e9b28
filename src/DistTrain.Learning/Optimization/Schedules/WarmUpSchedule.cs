namespace DistTrain.Learning.Optimization;

/// <summary>How a run begins: from a share of the rate in a straight line to all of it. Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2.</summary>
/// <param name="Steps">Length in steps; 0 when it is given in epochs.</param>
/// <param name="Epochs">Length in epochs, which need not be whole; 0 when it is given in steps.</param>
/// <param name="StartFraction">The share of the rate at the first step.</param>
public sealed record WarmUp(long Steps, double Epochs, double StartFraction)
{
    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        if (Steps > 0 && Epochs > 0)
        {
            throw new InvalidInputException($"the warm-up is given both as {Steps} steps and as {Epochs} epochs: give one of the two");
        }

        if (Steps < 0 || !(Epochs >= 0 && double.IsFinite(Epochs)) || (Steps == 0 && Epochs == 0))
        {
            throw new InvalidInputException($"the warm-up must be longer than nothing, but is {Steps} steps and {Epochs} epochs long");
        }

        if (!(StartFraction is >= 0 and <= 1))
        {
            throw new InvalidInputException($"the warm-up must begin at a share of the rate from 0 to 1, but begins at {StartFraction}");
        }
    }

    /// <summary>f + (1 − f) · min(1, steps done / length): the share of the rate at a step. PyTorch's LinearLR with an end factor of 1.</summary>
    public double Factor(in TrainingProgress progress)
    {
        var position = Steps > 0 ? (double)(progress.Step - 1) / Steps : progress.StepsDone / (Epochs * progress.StepsOfEpoch);
        return position >= 1 ? 1 : StartFraction + ((1 - StartFraction) * position);
    }
}

/// <summary>
/// Multiplies another schedule by the warm-up's share (PyTorch's ChainedScheduler of LinearLR and the other). The other counts from the run's first step, so epochs that it names, such as
/// milestones, stay what they are, and the rate has no jump where the warm-up ends.
/// </summary>
public sealed record WarmUpSchedule(WarmUp WarmUp, Schedule Then) : Schedule
{
    public override string Name => Then.Name;

    public override RatePlateau? Plateau => Then.Plateau;

    public override double LearningRate(double baseRate, in TrainingProgress progress) => Then.LearningRate(baseRate, progress) * WarmUp.Factor(progress);

    public override void Check(int epochs, long totalSteps)
    {
        if (WarmUp.Steps >= totalSteps || WarmUp.Epochs >= epochs)
        {
            var length = WarmUp.Steps > 0 ? $"{WarmUp.Steps} steps" : $"{WarmUp.Epochs} epochs";
            throw new InvalidInputException($"the warm-up of {length} is not over before the run is, which has {epochs} epochs or {totalSteps} steps");
        }

        Then.Check(epochs, totalSteps);
    }
}
