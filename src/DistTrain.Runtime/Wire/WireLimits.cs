using DistTrain.Learning;

namespace DistTrain.Runtime.Wire;

/// <summary>Everything that bounds what a peer can make this process take: checked before memory is taken, whoever the peer is.</summary>
public sealed record WireLimits
{
    /// <summary>Of a message. Tensors travel apart, in chunks; the largest message is the state of a shard in the midst of a long epoch, with the epoch's ledger.</summary>
    public int MaximumFrameBytes { get; init; } = 16 << 20;

    /// <summary>Arrays within arrays.</summary>
    public int MaximumDepth { get; init; } = 8;

    /// <summary>Items of one array.</summary>
    public int MaximumArrayLength { get; init; } = 1 << 20;

    /// <summary>Of one text, in UTF-8.</summary>
    public int MaximumStringBytes { get; init; } = 4096;

    /// <summary>Of a text that is a whole document, such as a configuration, in UTF-8.</summary>
    public int MaximumDocumentBytes { get; init; } = 1 << 18;

    /// <summary>Of one <c>bin</c>.</summary>
    public int MaximumBinaryBytes { get; init; } = 1 << 20;

    /// <exception cref="InvalidInputException">A limit is out of range.</exception>
    public void Check()
    {
        Require(nameof(MaximumFrameBytes), MaximumFrameBytes, 256);
        Require(nameof(MaximumDepth), MaximumDepth, 2);
        Require(nameof(MaximumArrayLength), MaximumArrayLength, 16);
        Require(nameof(MaximumStringBytes), MaximumStringBytes, 64);
        Require(nameof(MaximumDocumentBytes), MaximumDocumentBytes, 64);
        Require(nameof(MaximumBinaryBytes), MaximumBinaryBytes, 64);
    }

    private static void Require(string name, int value, int least)
    {
        if (value < least)
        {
            throw new InvalidInputException($"the wire limit {name} must be at least {least}, but is {value}");
        }
    }
}
