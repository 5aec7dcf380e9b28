using System.Collections.Immutable;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>The learning rate as a pure function of the step.</summary>
public abstract record Schedule
{
    public static ImmutableArray<string> Names { get; } = ["constant", "step", "cosine"];

    public abstract string Name { get; }

    /// <param name="baseRate">The rate the user asked for.</param>
    /// <param name="step">1-based.</param>
    /// <param name="stepsPerEpoch">At least 1.</param>
    /// <param name="totalSteps">Steps of the whole run, at least 1.</param>
    public abstract double LearningRate(double baseRate, long step, long stepsPerEpoch, long totalSteps);

    /// <exception cref="InvalidInputException">The name is unknown or a setting is out of range.</exception>
    public static Schedule Create(string name, ScheduleSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        return name switch
        {
            "constant" => new ConstantSchedule(),
            "step" => new StepSchedule(settings.StepEpochs, settings.StepFactor),
            "cosine" => new CosineSchedule(settings.FinalFraction),
            _ => throw new InvalidInputException($"unknown schedule '{name}': the schedules are {string.Join(", ", Names)}"),
        };
    }
}

/// <param name="StepEpochs">Epochs between two drops of the step schedule.</param>
/// <param name="StepFactor">What the step schedule multiplies the rate by at each drop.</param>
/// <param name="FinalFraction">The share of the base rate at which the cosine schedule ends.</param>
public sealed record ScheduleSettings(int StepEpochs = 10, double StepFactor = 0.1, double FinalFraction = 0)
{
    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        if (StepEpochs < 1)
        {
            throw new InvalidInputException($"the step schedule's epochs must be at least 1, but are {StepEpochs}");
        }

        if (!(StepFactor > 0 && StepFactor <= 1))
        {
            throw new InvalidInputException($"the step schedule's factor must be above 0 and at most 1, but is {StepFactor}");
        }

        if (!(FinalFraction >= 0 && FinalFraction <= 1))
        {
            throw new InvalidInputException($"the cosine schedule's final fraction must be from 0 to 1, but is {FinalFraction}");
        }
    }
}

/// <summary>The base rate at every step.</summary>
public sealed record ConstantSchedule : Schedule
{
    public override string Name => "constant";

    public override double LearningRate(double baseRate, long step, long stepsPerEpoch, long totalSteps) => baseRate;
}

/// <summary>rate · factor^⌊(epoch − 1) / epochs⌋.</summary>
public sealed record StepSchedule(int Epochs, double Factor) : Schedule
{
    public override string Name => "step";

    public override double LearningRate(double baseRate, long step, long stepsPerEpoch, long totalSteps) =>
        baseRate * DeterministicMath.IntegerPower(Factor, (step - 1) / stepsPerEpoch / Epochs);
}

/// <summary>rate · (f + (1 − f) · (1 + cos(π (step − 1) / total)) / 2) with final fraction f. Loshchilov and Hutter, "SGDR", 2017, eq. 5, one cycle, by steps.</summary>
public sealed record CosineSchedule(double FinalFraction) : Schedule
{
    public override string Name => "cosine";

    public override double LearningRate(double baseRate, long step, long stepsPerEpoch, long totalSteps)
    {
        var cosine = DeterministicMath.Cos(Math.PI * ((double)(step - 1) / totalSteps));
        return baseRate * (FinalFraction + ((1 - FinalFraction) * ((1 + cosine) / 2)));
    }
}
