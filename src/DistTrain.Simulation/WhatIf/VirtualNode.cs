using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>A process: its compute threads, and its full-duplex link. Times are nanoseconds.</summary>
/// <param name="threads">At least 1.</param>
/// <param name="bytesPerNanosecond">Of the link, each way.</param>
internal sealed class VirtualNode(NodeId id, int threads, double bytesPerNanosecond)
{
    private readonly long[] freeAt = new long[threads];

    public NodeId Id => id;

    public SharedLink Outgoing { get; } = new(bytesPerNanosecond);

    public SharedLink Incoming { get; } = new(bytesPerNanosecond);

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
