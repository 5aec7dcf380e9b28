using DistTrain.Actors;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Links;

/// <summary>Tensors on their way to the peer, and how far they have gone on the present connection.</summary>
internal sealed class OutgoingTransfer
{
    private readonly IOutgoingTensors tensors;
    private int segment;
    private int offset;

    public OutgoingTransfer(long number, ActorAddress receiver, IOutgoingTensors tensors, ReadOnlySpan<byte> message)
    {
        this.tensors = tensors;
        Number = number;
        TotalBytes = tensors.Segments.Sum(segment => (long)segment.Length) * sizeof(float);
        Beginning = new TransferBeginning(receiver, tensors.Key, TotalBytes).Encode();
        Message = message.ToArray();
        RemainingBytes = TotalBytes;
    }

    public long Number { get; }

    public long TotalBytes { get; }

    public byte[] Beginning { get; }

    public byte[] Message { get; }

    /// <summary>Not yet sent on this connection.</summary>
    public long RemainingBytes { get; private set; }

    /// <summary>Whether the end has been sent on this connection.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether the end has been sent on any connection: only then can the peer have it whole.</summary>
    public bool WasEnded { get; private set; }

    /// <summary>Whether it is a gradient of which the peer has a part.</summary>
    public bool IsGradientUnderWay => tensors.Key is GradientKey && RemainingBytes > 0 && RemainingBytes < TotalBytes;

    /// <summary>For another connection, where it is sent from the beginning.</summary>
    public void Restart()
    {
        (segment, offset, RemainingBytes, IsEnded) = (0, 0, TotalBytes, false);
    }

    public void MarkEnded() => IsEnded = WasEnded = true;

    /// <summary>The next numbers that lie together, at least one and at most <paramref name="mostBytes"/>; they count as sent.</summary>
    public ReadOnlyMemory<float> TakePiece(int mostBytes)
    {
        while (offset == tensors.Segments[segment].Length)
        {
            (segment, offset) = (segment + 1, 0);
        }

        var source = tensors.Segments[segment];
        var piece = source.Slice(offset, Math.Min(mostBytes / sizeof(float), source.Length - offset));
        offset += piece.Length;
        RemainingBytes -= (long)piece.Length * sizeof(float);
        return piece;
    }

    /// <summary>Lets go of the memory.</summary>
    public void Release() => tensors.Dispose();
}

/// <summary>Which transfer sends the next chunk.</summary>
internal static class TransferTurns
{
    /// <summary>
    /// In turns the one that came first, and the one with the least left (of equal ones the first): a large transfer cannot hold up a small one, nor many small ones a large one, and of equal ones each
    /// is whole as early as it can be, which it would not be if all took turns.
    /// </summary>
    /// <param name="transfers">In order of arrival, not empty.</param>
    /// <param name="turn">Counts the chunks.</param>
    public static OutgoingTransfer Next(IReadOnlyList<OutgoingTransfer> transfers, long turn)
    {
        var chosen = transfers[0];
        if (turn % 2 == 0)
        {
            return chosen;
        }

        foreach (var transfer in transfers)
        {
            chosen = transfer.RemainingBytes < chosen.RemainingBytes ? transfer : chosen;
        }

        return chosen;
    }
}
