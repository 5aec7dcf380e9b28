using System.Runtime.InteropServices;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>Tensors that are arriving, and the memory that they arrive in.</summary>
internal sealed class IncomingTransfer
{
    private int segment;
    private int offset;

    /// <exception cref="WireFormatException">The peer announces another amount than the memory takes; the memory is free again.</exception>
    public IncomingTransfer(TransferBeginning beginning, IIncomingTensors tensors)
    {
        (Receiver, Tensors, RemainingBytes) = (beginning.Receiver, tensors, beginning.TotalBytes);
        var expected = tensors.Segments.Sum(segment => (long)segment.Length) * sizeof(float);
        if (expected != beginning.TotalBytes)
        {
            tensors.Abandon();
            throw new WireFormatException($"a transfer of {beginning.TotalBytes:N0} bytes was announced where {expected:N0} belong");
        }
    }

    public ActorAddress Receiver { get; }

    public IIncomingTensors Tensors { get; }

    public long RemainingBytes { get; private set; }

    /// <summary>Reads the next bytes to where they belong.</summary>
    /// <param name="length">At most what remains.</param>
    public void ReadFrom(FrameReader reader, int length)
    {
        while (length > 0)
        {
            var destination = MemoryMarshal.AsBytes(Tensors.Segments[segment].Span)[offset..];
            if (destination.IsEmpty)
            {
                (segment, offset) = (segment + 1, 0);
                continue;
            }

            var count = Math.Min(length, destination.Length);
            reader.ReadInto(destination[..count]);
            offset += count;
            length -= count;
            RemainingBytes -= count;
        }
    }
}

/// <summary>Which of the peer's transfers are whole: numbers count from 1, and those that are whole beyond a gap are few, because the peer must not begin one far beyond it.</summary>
internal sealed class WholeTransfers
{
    private readonly SortedSet<long> beyond = [];

    /// <summary>All up to this are whole.</summary>
    public long UpTo { get; private set; }

    public long[] Beyond => [.. beyond];

    /// <summary>The first behind <paramref name="number"/> that is not whole.</summary>
    public long NextAfter(long number)
    {
        var next = Math.Max(number, UpTo) + 1;
        while (beyond.Contains(next))
        {
            next++;
        }

        return next;
    }

    public void Add(long number)
    {
        beyond.Add(number);
        while (beyond.Remove(UpTo + 1))
        {
            UpTo++;
        }
    }
}
