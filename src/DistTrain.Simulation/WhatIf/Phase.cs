using System.Runtime.CompilerServices;

namespace DistTrain.Simulation.WhatIf;

/// <summary>What the time of a step goes into.</summary>
public enum Phase
{
    /// <summary>Forward and backward passes, and the wait for a thread that is to run them.</summary>
    Compute,

    /// <summary>What a straggler takes beyond what its share would have taken at full speed.</summary>
    Straggling,

    /// <summary>Gradients on their way, as fast as a link that they had for themselves, and what the worker's own link takes longer.</summary>
    GradientsUp,

    /// <summary>What they take longer because a server's link receives others as well.</summary>
    FanIn,

    /// <summary>Adding the tree's nodes.</summary>
    Reduction,

    /// <summary>The optimizer, and the wait for a thread that is to run it.</summary>
    Update,

    /// <summary>What new weights take longer because a server's link sends others as well.</summary>
    FanOut,

    /// <summary>New weights on their way, likewise.</summary>
    WeightsDown,

    /// <summary>The network's delay, once for each message in the chain.</summary>
    Latency,

    /// <summary>Actors that handle, write and read messages, those of others before, and threads that wake up.</summary>
    Messages,
}

/// <summary>
/// How a moment of virtual time came about: the nanoseconds of each phase along the chain of causes that ends there. An actor acts when the last message that it needs is there, so the message that is
/// being handled is the one that was waited for, and its chain is the critical path. The phases of a chain always add up to the moment's time.
/// </summary>
[InlineArray(Count)]
internal struct Spent
{
    public const int Count = 10;

    private long first;

    public readonly Spent Plus(Phase phase, long nanoseconds)
    {
        var sum = this;
        sum[(int)phase] += nanoseconds;
        return sum;
    }
}
