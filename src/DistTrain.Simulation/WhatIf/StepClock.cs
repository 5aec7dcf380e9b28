using System.Collections.Immutable;
using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>When steps were committed, and what their time went into.</summary>
internal sealed class StepClock(int shardCount, int warmUpSteps, int countedSteps)
{
    private readonly List<long> commits = [];
    private int committedShards;
    private Spent spentBefore;
    private Spent spentAfter;

    public bool IsOver => commits.Count == countedSteps + 1;

    public bool HasBegun => commits.Count > 0;

    /// <summary>The coordinator has been told that a shard has committed a step.</summary>
    /// <returns>Whether the steps that count begin now.</returns>
    public bool Commit(StepCommitted committed, long now, Spent spent)
    {
        committedShards++;
        if (committedShards % shardCount != 0 || committed.Step.Value < warmUpSteps || IsOver)
        {
            return false;
        }

        commits.Add(now);
        spentAfter = spent;
        if (commits.Count > 1)
        {
            return false;
        }

        spentBefore = spent;
        return true;
    }

    public long Nanoseconds => commits[^1] - commits[0];

    /// <summary>In order.</summary>
    public IEnumerable<long> Steps => commits.Zip(commits.Skip(1), (before, after) => after - before);

    /// <summary>[phases] seconds of a step.</summary>
    public ImmutableArray<double> SecondsByPhase() =>
        [.. Enumerable.Range(0, Spent.Count).Select(phase => (spentAfter[phase] - spentBefore[phase]) / 1e9 / countedSteps)];
}
