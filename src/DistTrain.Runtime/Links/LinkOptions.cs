using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Links;

/// <summary>What a link is made with, on either side.</summary>
public sealed record LinkOptions
{
    public required ILinkHandler Handler { get; init; }

    /// <summary>As sentences call the peer, such as <c>worker-3</c>.</summary>
    public required string PeerName { get; init; }

    public LinkLimits Limits { get; init; } = new();

    /// <summary>Uniform in [0, 1): spreads out attempts to reach a peer. Called by one thread at a time.</summary>
    public Func<double> Random { get; init; } = System.Random.Shared.NextDouble;
}

/// <summary>Makes a connection to the peer of a link and has both sides prove themselves; blocks until then. Throws when it cannot, with a sentence that says why; the link tries again while it may.</summary>
/// <param name="purpose">Control or data.</param>
/// <param name="ticket">Of the peer, for a data connection.</param>
/// <param name="cancellation">The link is over, or has no more time.</param>
public delegate SecureConnection LinkDialer(ConnectionPurpose purpose, ReadOnlyMemory<byte>? ticket, CancellationToken cancellation);
