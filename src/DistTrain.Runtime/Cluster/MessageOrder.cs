using DistTrain.Actors;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>
/// Puts the messages from each sender to each receiver, between two processes, back into the order in which they were sent: small ones and those with tensors travel on different connections.
/// Nothing is lost on a link, so whatever is missing comes. Not safe for several threads at once.
/// </summary>
/// <param name="maximumEarly">Messages that may wait for an earlier one.</param>
internal sealed class MessageOrder(int maximumEarly)
{
    private readonly Dictionary<(ActorAddress From, ActorAddress To), long> sent = [];
    private readonly Dictionary<(ActorAddress From, ActorAddress To), Expected> received = [];

    /// <summary>The number of the next message from this sender to this receiver.</summary>
    public long Next(ActorAddress from, ActorAddress to) => sent[(from, to)] = sent.GetValueOrDefault((from, to)) + 1;

    /// <summary>Takes a message that has arrived.</summary>
    /// <returns>What may be handed over now, in order; empty while an earlier one is missing.</returns>
    /// <exception cref="WireFormatException">The number has been used, or too many messages wait for one that is missing.</exception>
    public IReadOnlyList<ActorEnvelope> Arrived(ActorEnvelope envelope)
    {
        var pair = (envelope.From, envelope.To);
        if (!received.TryGetValue(pair, out var expected))
        {
            received[pair] = expected = new Expected();
        }

        if (envelope.Number == expected.Next && expected.Early.Count == 0)
        {
            expected.Next++;
            return [envelope];
        }

        var mayWait = envelope.Number == expected.Next || expected.Early.Count < maximumEarly;
        if (envelope.Number < expected.Next || !mayWait || !expected.Early.TryAdd(envelope.Number, envelope))
        {
            throw new WireFormatException($"message {envelope.Number} from {envelope.From} to {envelope.To} does not fit: {expected.Next} is the next, and {expected.Early.Count} wait for it");
        }

        var ready = new List<ActorEnvelope>();
        while (expected.Early.Remove(expected.Next, out var next))
        {
            ready.Add(next);
            expected.Next++;
        }

        return ready;
    }

    private sealed class Expected
    {
        public long Next { get; set; } = 1;

        public Dictionary<long, ActorEnvelope> Early { get; } = [];
    }
}
