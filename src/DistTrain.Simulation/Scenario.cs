using System.Collections.Immutable;
using DistTrain.Actors;

namespace DistTrain.Simulation;

/// <summary>A worker of a simulated run and how fast it is.</summary>
/// <param name="MicrosecondsPerSample">Virtual time of a training sample; an evaluated sample takes a third of it.</param>
public sealed record SimulatedWorker(WorkerId Worker, long MicrosecondsPerSample = 10)
{
    /// <summary>The process that it lives in.</summary>
    public NodeId Node { get; init; } = new(Worker.Value + 1);
}

/// <summary>
/// Something that happens to the run from outside, just before its delivery number <paramref name="AtDelivery"/> (0-based), or when nothing else is under way any more.
/// </summary>
public abstract record Incident(long AtDelivery);

/// <summary>The worker's process ends. What it had sent still arrives; the coordinator hears of it after a message delay.</summary>
public sealed record WorkerDies(long AtDelivery, WorkerId Worker) : Incident(AtDelivery);

/// <summary>A worker starts: a new one, or a new life of one that died.</summary>
public sealed record WorkerStarts(long AtDelivery, SimulatedWorker Worker) : Incident(AtDelivery);

/// <summary>The worker is asked to leave in order.</summary>
public sealed record WorkerIsAskedToLeave(long AtDelivery, WorkerId Worker) : Incident(AtDelivery);

/// <summary>A process that is to hold shards, and no worker, is there.</summary>
public sealed record ServerNodeStarts(long AtDelivery, NodeId Node) : Incident(AtDelivery);

/// <summary>A process ends, with all actors in it. What they had sent still arrives; the coordinator hears of it after a message delay.</summary>
public sealed record NodeDies(long AtDelivery, NodeId Node) : Incident(AtDelivery);

/// <summary>A process asks to leave in order, and ends when it is released.</summary>
public sealed record NodeIsAskedToLeave(long AtDelivery, NodeId Node) : Incident(AtDelivery);

/// <summary>Somebody asks the run to stop.</summary>
public sealed record StopIsRequested(long AtDelivery) : Incident(AtDelivery);

/// <summary>A run under virtual time. The same scenario gives the same trace.</summary>
public sealed record Scenario
{
    public required RunDefinition Definition { get; init; }

    /// <summary>Those that start with the run.</summary>
    public required ImmutableArray<SimulatedWorker> Workers { get; init; }

    /// <summary>Draws every delay, and so the order in which messages of different senders arrive.</summary>
    public required ulong Seed { get; init; }

    public ImmutableArray<Incident> Incidents { get; init; } = [];

    /// <summary>Each message takes this long at least; messages between the same two actors keep their order.</summary>
    public long SmallestDelayMicroseconds { get; init; } = 20;

    public long LargestDelayMicroseconds { get; init; } = 400;

    /// <summary>What each computation of the server takes.</summary>
    public long ServerMicroseconds { get; init; } = 100;

    /// <summary>More deliveries than this mean that the run does not end.</summary>
    public long MaximumDeliveries { get; init; } = 10_000_000;
}
