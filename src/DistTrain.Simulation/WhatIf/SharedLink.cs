namespace DistTrain.Simulation.WhatIf;

/// <summary>
/// One direction of a node's link. All transfers through it have equal parts of its speed at any moment, as connections of the same kind have. Its own time runs in bytes that each of them has
/// been given, so that a transfer is through when that has advanced by its size, whatever comes and goes meanwhile.
/// </summary>
/// <param name="bytesPerNanosecond">Finite.</param>
internal sealed class SharedLink(double bytesPerNanosecond)
{
    /// <summary>Of a transfer, that are not waited for: rounding to whole nanoseconds leaves more.</summary>
    private const double Negligible = 1e-3;

    private readonly PriorityQueue<Transfer, Place> transfers = new();
    private double given;
    private long givenAt;
    private long count;

    /// <summary>Bytes so far, those that are not through included.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the link is looked at next; null where nothing goes through it.</summary>
    public long? DueAt { get; private set; }

    /// <returns>When to call <see cref="TakeFinished"/>, if that is not known already.</returns>
    public long? Add(Transfer transfer, long now)
    {
        Advance(now);
        Bytes += transfer.Parcel.Bytes;
        transfers.Enqueue(transfer, new Place(given + transfer.Parcel.Bytes, count++));

        // Another transfer makes those before it later, and they are looked at too early then; but it may be the first to end.
        return DueAt is null || transfers.Peek() == transfer ? Schedule() : null;
    }

    /// <returns>What is through by now; the link is then due again at <see cref="DueAt"/>.</returns>
    public IReadOnlyList<Transfer> TakeFinished(long now)
    {
        Advance(now);
        var finished = new List<Transfer>();
        while (transfers.TryPeek(out var first, out var key) && key.End <= given + Negligible)
        {
            transfers.Dequeue();
            finished.Add(first);
        }

        Schedule();
        return finished;
    }

    private long? Schedule() => DueAt = transfers.TryPeek(out _, out var key)
        ? givenAt + Math.Max(0, (long)Math.Ceiling((key.End - given) * transfers.Count / bytesPerNanosecond))
        : null;

    private void Advance(long now)
    {
        if (transfers.Count > 0)
        {
            given += (now - givenAt) * bytesPerNanosecond / transfers.Count;
        }

        givenAt = now;
    }

    /// <param name="End">Bytes that each transfer has been given when this one is through.</param>
    private readonly record struct Place(double End, long Number) : IComparable<Place>
    {
        public int CompareTo(Place other) => End != other.End ? End.CompareTo(other.End) : Number.CompareTo(other.Number);
    }
}

/// <summary>Tensors on their way from one node to another, through both nodes' links at once: they are there when the slower one is done.</summary>
/// <param name="Parcel">As it was sent.</param>
/// <param name="SentAt">When.</param>
internal sealed record Transfer(Parcel Parcel, long SentAt)
{
    /// <summary>When the sender's link was done.</summary>
    public long? LeftAt { get; private set; }

    /// <summary>When the receiver's link was done.</summary>
    public long? ReceivedAt { get; private set; }

    public void Finish(bool isSenders, long now)
    {
        if (isSenders)
        {
            LeftAt = now;
        }
        else
        {
            ReceivedAt = now;
        }
    }
}
