using System.Collections.Immutable;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>rate · factor^(milestones that are over): after epoch m of each milestone m the rate drops. PyTorch's MultiStepLR.</summary>
public sealed record MultiStepSchedule : Schedule
{
    /// <param name="milestones">Epochs, rising, at least one.</param>
    /// <param name="factor">What the rate is multiplied by at each.</param>
    /// <exception cref="InvalidInputException">There are no milestones, or they do not rise from 1.</exception>
    public MultiStepSchedule(ImmutableArray<int> milestones, double factor)
    {
        if (milestones.IsEmpty)
        {
            throw new InvalidInputException("the multi-step schedule needs milestones: the epochs after which the rate drops, such as 30,60,80");
        }

        if (milestones[0] < 1 || milestones.Zip(milestones.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new InvalidInputException($"the milestones of the multi-step schedule must rise from 1 or more, but are {string.Join(",", milestones)}");
        }

        Milestones = milestones;
        Factor = factor;
    }

    public ImmutableArray<int> Milestones { get; }

    public double Factor { get; }

    public override string Name => "multi-step";

    public override double LearningRate(double baseRate, in TrainingProgress progress)
    {
        var done = progress.EpochsDone;
        return baseRate * DeterministicMath.IntegerPower(Factor, Milestones.Count(milestone => milestone <= done));
    }

    public override void Check(int epochs, long totalSteps)
    {
        if (Milestones[^1] >= epochs)
        {
            throw new InvalidInputException($"the multi-step schedule's milestone after epoch {Milestones[^1]} never takes effect: the run has {epochs} epochs");
        }
    }

    public bool Equals(MultiStepSchedule? other) => other is not null && Factor.Equals(other.Factor) && Milestones.AsSpan().SequenceEqual(other.Milestones.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Factor, Milestones.Length, Milestones[0]);
}
