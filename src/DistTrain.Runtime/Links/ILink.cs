using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Links;

/// <summary>
/// Two processes that talk: a control connection and a data connection that are made anew as often as they break. Whatever is sent arrives once and in order of its kind, whole, as long as both
/// processes live and find each other again within the time that the limits allow; then the link is lost, for good and with a reason.
/// </summary>
public interface ILink
{
    ProcessId Peer { get; }

    /// <summary>As sentences call the peer; may become a better one when the peer has been given it.</summary>
    string PeerName { get; set; }

    /// <summary>Sends a control message: already encoded, at most the frame limit long. Never waits.</summary>
    void Send(ReadOnlySpan<byte> message);

    /// <summary>
    /// Sends tensors and, behind them, the encoded message that they belong to. Never waits. <paramref name="tensors"/> is disposed when the peer has acknowledged the whole, or the link is lost.
    /// </summary>
    void Send(ActorAddress receiver, IOutgoingTensors tensors, ReadOnlySpan<byte> message);

    /// <summary>Ends the link in order: the peer is told the reason and does not wait for it.</summary>
    void Close(string reason);

    LinkStatistics Statistics { get; }
}

/// <summary>What a link tells. Calls come one at a time for each link, but from any thread.</summary>
public interface ILinkHandler
{
    /// <summary>A control message, whole. The bytes are valid during the call only. Throws <see cref="Wire.WireFormatException"/> to have the peer named and dropped.</summary>
    void Received(ILink link, ReadOnlySpan<byte> message);

    /// <summary>Where the tensors go that a peer announces. Throws <see cref="Wire.WireFormatException"/> to have the peer named and dropped.</summary>
    IIncomingTensors Open(ILink link, ActorAddress receiver, TensorKey key);

    /// <summary>Tensors are whole, and here is the message that they belong to. The bytes are valid during the call only.</summary>
    void Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message);

    /// <summary>The link is interrupted and looks for its peer, or has found it again: one sentence for the log.</summary>
    void Changed(ILink link, string sentence);

    /// <summary>Nothing more will come or go. The last call for this link.</summary>
    /// <param name="isOrderly">Whether one of the sides has closed it.</param>
    void Lost(ILink link, string reason, bool isOrderly);
}

/// <summary>Of a link, since its beginning.</summary>
/// <param name="SentBytesPerSecond">Of tensors, while some were being sent; null until enough have been.</param>
public sealed record LinkStatistics(
    long BytesSent, long BytesReceived, int Reconnections, double? RoundTripMilliseconds, double? SentBytesPerSecond, TimeSpan SinceLastHeartbeat, double? LargestHeartbeatGapMilliseconds)
{
    /// <summary>How surprising the present silence of the peer is (<see cref="Links.Suspicion.Phi"/>); 0 for not at all.</summary>
    public double Suspicion { get; init; }
}
