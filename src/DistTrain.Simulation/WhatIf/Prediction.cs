using System.Collections.Immutable;
using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>What most of a step's time goes into.</summary>
public enum Limit
{
    Compute,
    Stragglers,

    /// <summary>The links of nodes with shards, which carry more than a worker's.</summary>
    ServerFanIn,

    /// <summary>Every node's own link.</summary>
    Bandwidth,
    Latency,

    /// <summary>Adding gradients and applying the optimizer.</summary>
    Update,
    Messages,
}

/// <summary>How a run would go.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="StepSeconds">The mean over the counted steps.</param>
/// <param name="MedianStepSeconds">Of the same steps.</param>
/// <param name="LongestStepSeconds">Of the same steps.</param>
/// <param name="SecondsByPhase">[phases] of a step on the critical path; their sum is <paramref name="StepSeconds"/>.</param>
/// <param name="Limit">What takes most of it.</param>
/// <param name="LimitReason">In one sentence without a stop.</param>
/// <param name="BusiestLinkShare">Of the time, in the direction that is used more, 0 where there are no links.</param>
/// <param name="BusiestLinkNode">Whose link that is.</param>
/// <param name="MessagesPerStep">That actors handle, whatever they carry.</param>
/// <param name="BytesPerStep">Between nodes, of tensors.</param>
/// <param name="IdleWorkers">That have no micro-batch.</param>
/// <param name="Warnings">Sentences without a stop.</param>
public sealed record Prediction(
    WhatIfQuestion Question,
    double StepSeconds,
    double MedianStepSeconds,
    double LongestStepSeconds,
    ImmutableArray<double> SecondsByPhase,
    Limit Limit,
    string LimitReason,
    double BusiestLinkShare,
    NodeId BusiestLinkNode,
    double MessagesPerStep,
    double BytesPerStep,
    int IdleWorkers,
    ImmutableArray<string> Warnings)
{
    public double SamplesPerSecond => Question.BatchSize / StepSeconds;
}
