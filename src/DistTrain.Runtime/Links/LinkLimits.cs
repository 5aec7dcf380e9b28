using DistTrain.Learning;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>Everything that bounds what a peer can make this process do, in space and in time.</summary>
public sealed record LinkLimits
{
    public WireLimits Wire { get; init; } = new();

    /// <summary>Of connections for files.</summary>
    public TransferLimits Transfer { get; init; } = new();

    /// <summary>Connections whose peer has not proved itself yet.</summary>
    public int MaximumHalfOpenConnections { get; init; } = 64;

    /// <summary>What one such connection may make our code keep, beyond what TLS itself takes.</summary>
    public int MaximumBytesBeforeProof { get; init; } = 4096;

    public TimeSpan ProofDeadline { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A peer that has said nothing for this long is looked for anew.</summary>
    public TimeSpan SilenceDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a link looks for a peer that it cannot reach before it is lost.</summary>
    public TimeSpan ReconnectDeadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Control messages that wait for a peer.</summary>
    public int MaximumQueuedMessages { get; init; } = 65_536;

    /// <summary>Of those messages, together.</summary>
    public long MaximumQueuedBytes { get; init; } = 256L << 20;

    /// <summary>Of one piece of a tensor on the wire.</summary>
    public int ChunkBytes { get; init; } = 256 << 10;

    /// <summary>Tensors that a peer may be sending at once.</summary>
    public int MaximumOpenTransfers { get; init; } = 256;

    public int SmallestCreditBytes { get; init; } = 4 << 20;

    public int LargestCreditBytes { get; init; } = 256 << 20;

    /// <summary>A peer of which silence is this unlikely (10 to the power of minus this) is looked for anew before the deadline is over; null for the deadline alone.</summary>
    public double? SuspicionThreshold { get; init; }

    /// <exception cref="InvalidInputException">A limit is out of range, or two contradict each other.</exception>
    public void Check()
    {
        Wire.Check();
        Transfer.Check();
        Require(MaximumHalfOpenConnections > 0, nameof(MaximumHalfOpenConnections), "at least 1");
        Require(MaximumQueuedMessages > 0, nameof(MaximumQueuedMessages), "at least 1");
        Require(MaximumQueuedBytes >= Wire.MaximumFrameBytes, nameof(MaximumQueuedBytes), "at least the longest frame");
        Require(HeartbeatInterval > TimeSpan.Zero, nameof(HeartbeatInterval), "longer than nothing");
        Require(SilenceDeadline >= 2 * HeartbeatInterval, nameof(SilenceDeadline), "at least two heartbeat intervals");
        Require(ReconnectDeadline >= TimeSpan.Zero, nameof(ReconnectDeadline), "nothing or longer");
        Require(ProofDeadline > TimeSpan.Zero, nameof(ProofDeadline), "longer than nothing");
        Require(ChunkBytes >= 4096 && ChunkBytes % sizeof(float) == 0, nameof(ChunkBytes), "at least 4,096 and a multiple of 4");
        Require(MaximumOpenTransfers is > 0 and <= 4096, nameof(MaximumOpenTransfers), "between 1 and 4,096");
        Require(SmallestCreditBytes >= 2L * ChunkBytes, nameof(SmallestCreditBytes), "at least two chunks");
        Require(LargestCreditBytes >= SmallestCreditBytes, nameof(LargestCreditBytes), "at least the smallest credit");
        Require(SuspicionThreshold is null or > 0, nameof(SuspicionThreshold), "above 0");
    }

    private static void Require(bool holds, string name, string what)
    {
        if (!holds)
        {
            throw new InvalidInputException($"the link limit {name} must be {what}");
        }
    }
}
