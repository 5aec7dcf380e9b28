using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Study.Sampling;

/// <summary>The amounts of training at which trials are compared: from the least on, each a factor more than the one before, and the most there is as the last.</summary>
/// <param name="MinimumResource">What the first rung gives to every trial, such as steps or epochs; at least 1.</param>
/// <param name="MaximumResource">What a trial that gets to the top has had in all.</param>
/// <param name="ReductionFactor">η: one of so many trials goes up; at least 2.</param>
public sealed record ResourceLadder(long MinimumResource, long MaximumResource, int ReductionFactor)
{
    /// <summary>[rungs] min · η^k, ascending; the last is the maximum.</summary>
    public ImmutableArray<long> Rungs
    {
        get
        {
            var rungs = ImmutableArray.CreateBuilder<long>();
            for (var resource = MinimumResource; resource < MaximumResource; resource *= ReductionFactor)
            {
                rungs.Add(resource);
            }

            rungs.Add(MaximumResource);
            return rungs.ToImmutable();
        }
    }

    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        if (MinimumResource < 1 || MaximumResource < MinimumResource || MaximumResource > long.MaxValue / Math.Max(2, ReductionFactor))
        {
            throw new InvalidInputException($"the least and the most training of a trial must be at least 1 and in this order, but are {MinimumResource} and {MaximumResource}");
        }

        if (ReductionFactor < 2)
        {
            throw new InvalidInputException($"the reduction factor must be at least 2, but is {ReductionFactor}");
        }
    }
}

/// <summary>A trial that has finished a rung.</summary>
/// <param name="Rung">0-based.</param>
/// <param name="Score">What is minimised; null, infinite or not a number for a trial that diverged or failed, which never goes up.</param>
public readonly record struct RungResult(int Trial, int Rung, double? Score)
{
    internal double Rank => Score is { } score && double.IsFinite(score) ? score : double.PositiveInfinity;
}

/// <summary>A trial that is at work on a rung.</summary>
public readonly record struct RungWork(int Trial, int Rung);

/// <summary>What has happened in a search so far.</summary>
/// <param name="Started">How many trials were ever started; their numbers are 0 to this less 1.</param>
/// <param name="Finished">In any order: decisions depend on what is in it only.</param>
public sealed record RungHistory(int Started, ImmutableArray<RungResult> Finished, ImmutableArray<RungWork> Running);

public enum RungAction
{
    /// <summary>Train a trial that has finished a rung on to the next.</summary>
    Promote,

    /// <summary>Start a new trial on the first rung.</summary>
    Start,

    /// <summary>Nothing can be done before another trial finishes its rung.</summary>
    Wait,

    /// <summary>All is done.</summary>
    Finish,
}

/// <param name="Trial">The trial to be promoted, or the number of the new one; null to wait or to finish.</param>
/// <param name="Rung">What it is to train up to, 0-based; null to wait or to finish.</param>
public sealed record RungDecision(RungAction Action, int? Trial, int? Rung, string Reason);
