using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>Everything that bounds what a peer can make this process do, in space and in time.</summary>
public sealed record LinkLimits
{
    public WireLimits Wire { get; init; } = new();

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

    /// <summary>Of one piece of a tensor on the wire.</summary>
    public int ChunkBytes { get; init; } = 256 << 10;

    /// <summary>Tensors that a peer may be sending at once.</summary>
    public int MaximumOpenTransfers { get; init; } = 256;

    public int SmallestCreditBytes { get; init; } = 4 << 20;

    public int LargestCreditBytes { get; init; } = 256 << 20;
}
