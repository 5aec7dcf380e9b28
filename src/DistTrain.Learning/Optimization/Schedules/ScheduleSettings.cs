using System.Collections.Immutable;

namespace DistTrain.Learning.Optimization;

/// <summary>The settings of all schedules; each reads its own and ignores the others.</summary>
public sealed record ScheduleSettings
{
    /// <summary>step: epochs between two drops.</summary>
    public int StepEpochs { get; init; } = 10;

    /// <summary>step, multi-step: what the rate is multiplied by at each drop.</summary>
    public double StepFactor { get; init; } = 0.1;

    /// <summary>multi-step: the epochs after which the rate drops, rising.</summary>
    public ImmutableArray<int> Milestones { get; init; } = [];

    /// <summary>exponential: what the rate is multiplied by after each epoch.</summary>
    public double Decay { get; init; } = 0.95;

    /// <summary>polynomial: the exponent.</summary>
    public double Power { get; init; } = 1;

    /// <summary>polynomial, cosine: the share of the base rate that is left at the end.</summary>
    public double FinalFraction { get; init; }

    /// <summary>one-cycle: its length in epochs; null for the whole run.</summary>
    public int? CycleEpochs { get; init; }

    /// <summary>one-cycle: the share of the cycle in which the rate rises.</summary>
    public double CycleRise { get; init; } = 0.3;

    /// <summary>one-cycle: the first rate is the base rate divided by this.</summary>
    public double CycleStartDivisor { get; init; } = 25;

    /// <summary>one-cycle: the last rate is the first one divided by this.</summary>
    public double CycleFinalDivisor { get; init; } = 10_000;

    public RatePlateau Plateau { get; init; } = new(0.1, 0);

    /// <summary>Null for none.</summary>
    public WarmUp? WarmUp { get; init; }

    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        Require(StepEpochs >= 1, $"the step schedule's epochs must be at least 1, but are {StepEpochs}");
        Require(StepFactor is > 0 and <= 1, $"the step schedule's factor must be above 0 and at most 1, but is {StepFactor}");
        Require(Decay is > 0 and <= 1, $"the exponential schedule's factor must be above 0 and at most 1, but is {Decay}");
        Require(Power > 0 && double.IsFinite(Power), $"the polynomial schedule's power must be above 0, but is {Power}");
        Require(FinalFraction is >= 0 and <= 1, $"the schedule's final fraction must be from 0 to 1, but is {FinalFraction}");
        Require(CycleEpochs is null or >= 1, $"the one-cycle schedule's epochs must be at least 1, but are {CycleEpochs}");
        Require(CycleRise is > 0 and < 1, $"the share of the cycle in which the rate rises must be above 0 and below 1, but is {CycleRise}");
        Require(CycleStartDivisor >= 1 && double.IsFinite(CycleStartDivisor), $"the one-cycle schedule's first divisor must be at least 1, but is {CycleStartDivisor}");
        Require(CycleFinalDivisor >= 1 && double.IsFinite(CycleFinalDivisor), $"the one-cycle schedule's final divisor must be at least 1, but is {CycleFinalDivisor}");
        Plateau.Check();
        WarmUp?.Check();
    }

    private static void Require(bool suits, string complaint)
    {
        if (!suits)
        {
            throw new InvalidInputException(complaint);
        }
    }
}
