using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// The learning rate as a pure function of the training's progress. What depends on how well the training goes is not here: <see cref="PlateauRule"/> decides it at the ends of
/// epochs, and the decision multiplies the rate.
/// </summary>
public abstract record Schedule
{
    public static ImmutableArray<string> Names { get; } = ["constant", "step", "multi-step", "exponential", "polynomial", "cosine", "one-cycle", "plateau"];

    public abstract string Name { get; }

    /// <summary>When the rate falls because the training no longer gets better; null for a schedule that does not look.</summary>
    public virtual RatePlateau? Plateau => null;

    /// <param name="baseRate">The rate the user asked for.</param>
    /// <param name="progress">The step whose rate is wanted.</param>
    public abstract double LearningRate(double baseRate, in TrainingProgress progress);

    /// <summary>Holds the schedule to the run's length.</summary>
    /// <param name="epochs">Of the run.</param>
    /// <param name="totalSteps">Of the run, as far as is known before it begins.</param>
    /// <exception cref="InvalidInputException">Part of the schedule would never come.</exception>
    public virtual void Check(int epochs, long totalSteps)
    {
    }

    /// <exception cref="InvalidInputException">The name is unknown or a setting is out of range.</exception>
    public static Schedule Create(string name, ScheduleSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        Schedule schedule = name switch
        {
            "constant" => new ConstantSchedule(),
            "step" => new StepSchedule(settings.StepEpochs, settings.StepFactor),
            "multi-step" => new MultiStepSchedule(settings.Milestones, settings.StepFactor),
            "exponential" => new ExponentialSchedule(settings.Decay),
            "polynomial" => new PolynomialSchedule(settings.Power, settings.FinalFraction),
            "cosine" => new CosineSchedule(settings.FinalFraction),
            "one-cycle" => new OneCycleSchedule(settings.CycleEpochs, settings.CycleRise, settings.CycleStartDivisor, settings.CycleFinalDivisor),
            "plateau" => new PlateauSchedule(settings.Plateau),
            _ => throw new InvalidInputException($"unknown schedule '{name}': the schedules are {string.Join(", ", Names)}"),
        };
        return settings.WarmUp is { } warmUp ? new WarmUpSchedule(warmUp, schedule) : schedule;
    }
}

/// <summary>The base rate at every step.</summary>
public sealed record ConstantSchedule : Schedule
{
    public override string Name => "constant";

    public override double LearningRate(double baseRate, in TrainingProgress progress) => baseRate;
}
