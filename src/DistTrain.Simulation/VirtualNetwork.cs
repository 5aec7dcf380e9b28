using DistTrain.Actors;
using DistTrain.Learning.Numerics;

namespace DistTrain.Simulation;

/// <summary>A message under way. <paramref name="ReceiverLife"/> is the receiver's life for which it is meant: a connection does not outlive its end.</summary>
internal sealed record Envelope(ActorAddress? Sender, ActorAddress Receiver, int ReceiverLife, Message Message);

/// <summary>
/// Messages under way, by virtual time. One generator draws every delay, so the seed decides in which order messages of different pairs arrive; a pair's own order is kept.
/// </summary>
internal sealed class VirtualNetwork
{
    private const uint DelayStream = 0x4E455457;
    private readonly PriorityQueue<Envelope, (long Time, long Number)> underWay = new();
    private readonly Dictionary<(ActorAddress? Sender, ActorAddress Receiver), long> lastArrival = [];
    private CounterBasedRandom random;
    private readonly long smallestDelay;
    private readonly long largestDelay;
    private long count;

    public VirtualNetwork(ulong seed, long smallestDelayMicroseconds, long largestDelayMicroseconds)
    {
        random = new CounterBasedRandom(seed, DelayStream);
        smallestDelay = smallestDelayMicroseconds;
        largestDelay = largestDelayMicroseconds;
    }

    /// <summary>Sends with a delay drawn from the seed.</summary>
    public void Send(long now, Envelope envelope)
    {
        var pair = (envelope.Sender, envelope.Receiver);
        var drawn = now + smallestDelay + random.BoundedUInt((uint)(largestDelay - smallestDelay + 1));
        var arrival = Math.Max(drawn, lastArrival.GetValueOrDefault(pair));
        lastArrival[pair] = arrival;
        At(arrival, envelope);
    }

    /// <summary>Delivers at a given time: what an actor's own runtime tells it.</summary>
    public void At(long time, Envelope envelope) => underWay.Enqueue(envelope, (time, count++));

    public bool TryTake(out long time, out Envelope envelope)
    {
        var isThere = underWay.TryDequeue(out var taken, out var priority);
        (time, envelope) = (priority.Time, taken!);
        return isThere;
    }
}
