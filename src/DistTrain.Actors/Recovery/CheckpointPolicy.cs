using DistTrain.Learning;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors;

/// <summary>When checkpoints are taken. Every rule that is set applies; <see cref="CheckpointRule"/> decides for each step.</summary>
public sealed record CheckpointPolicy
{
    /// <summary>Steps from one to the next; null for not by steps.</summary>
    public int? EverySteps { get; init; }

    /// <summary>Seconds from one to the next; null for not by time.</summary>
    public double? EverySeconds { get; init; }

    /// <summary>Whether one is taken at an epoch's end, unless the one before is younger than <see cref="SecondsBetweenEpochs"/>.</summary>
    public bool AtEpochEnds { get; init; }

    /// <summary>The least age of the last checkpoint at which an epoch's end makes another; 0 for every epoch.</summary>
    public double SecondsBetweenEpochs { get; init; }

    /// <summary>What a crash may cost in seconds of training; null for no bound. Checkpoints are taken so often that it holds, as far as they can be written in half that time.</summary>
    public double? MaximumLostSeconds { get; init; }

    /// <summary>By which the best of those at the ends of epochs is kept besides the newest; null for none.</summary>
    public MonitoredMetric? BestBy { get; init; }

    /// <exception cref="InvalidInputException">A value is out of range.</exception>
    public void Check()
    {
        if (EverySteps < 1)
        {
            throw new InvalidInputException($"the number of steps between two checkpoints must be at least 1, but is {EverySteps}");
        }

        Require("the seconds between two checkpoints", EverySeconds);
        Require("the seconds that a crash may cost", MaximumLostSeconds);
        if (!(SecondsBetweenEpochs >= 0 && double.IsFinite(SecondsBetweenEpochs)))
        {
            throw new InvalidInputException($"the seconds between checkpoints of two epochs cannot be {SecondsBetweenEpochs}");
        }
    }

    private static void Require(string what, double? seconds)
    {
        if (seconds is { } value && !(value > 0 && double.IsFinite(value)))
        {
            throw new InvalidInputException($"{what} must be more than 0, but are {value}");
        }
    }
}
