using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>
/// A process: its compute threads, and its full-duplex link. What is sent leaves one after the other at the link's speed, and what arrives is received one after the other; between the two, the network holds
/// whatever it must. Times are nanoseconds.
/// </summary>
internal sealed class VirtualNode(NodeId id, int threads)
{
    private readonly long[] freeAt = new long[threads];
    private long sendingUntil;
    private long receivingUntil;

    public NodeId Id => id;

    /// <summary>How long the link has been sending.</summary>
    public long SentNanoseconds { get; private set; }

    public long ReceivedNanoseconds { get; private set; }

    /// <returns>When the first byte leaves.</returns>
    public long Send(long now, long duration)
    {
        var start = Math.Max(now, sendingUntil);
        sendingUntil = start + duration;
        SentNanoseconds += duration;
        return start;
    }

    /// <param name="arrival">Of the first byte.</param>
    /// <returns>When it is received; the last one follows after the duration.</returns>
    public long Receive(long arrival, long duration)
    {
        var start = Math.Max(arrival, receivingUntil);
        receivingUntil = start + duration;
        ReceivedNanoseconds += duration;
        return start;
    }

    /// <summary>Queues work for one thread.</summary>
    /// <param name="wake">How long a thread takes to begin that had nothing to do.</param>
    public Turn Run(int thread, long now, long duration, long wake)
    {
        var slept = freeAt[thread] < now ? wake : 0;
        var start = Math.Max(now, freeAt[thread]);
        freeAt[thread] = start + slept + duration;
        return new Turn(start - now, slept, duration);
    }

    /// <summary>Shares work out among the threads that are free, or waits for the first one that will be.</summary>
    /// <param name="parts">The most threads that can share it.</param>
    /// <param name="duration">On one thread.</param>
    public Turn Share(long now, int parts, long duration, long wake)
    {
        var start = Math.Max(now, freeAt.Min());
        var slept = start == now ? wake : 0;
        var helpers = Math.Min(parts, freeAt.Count(free => free <= start));
        var share = duration / helpers;
        for (int thread = 0, left = helpers; left > 0; thread++)
        {
            if (freeAt[thread] <= start)
            {
                freeAt[thread] = start + slept + share;
                left--;
            }
        }

        return new Turn(start - now, slept, share);
    }
}

/// <summary>How long a piece of work waited for a thread, how long the thread took to wake up, and how long the work took then.</summary>
internal readonly record struct Turn(long Waited, long Woken, long Duration)
{
    public long Total => Waited + Woken + Duration;
}
