using System.Buffers;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>
/// Knows in which process every actor lives, and moves messages between this process's actors and those of others. A message to an actor that nobody knows is dropped: it has gone, and whoever has to
/// know is told.
/// </summary>
/// <param name="own">This process.</param>
/// <param name="tensors">Where tensors lie.</param>
/// <param name="limits">Bounds.</param>
/// <param name="deliver">Hands a message to an actor of this process.</param>
internal sealed class Switchboard(NodeId own, ITensorStore tensors, LinkLimits limits, Func<ActorAddress, Message, bool> deliver)
{
    private readonly object gate = new();
    private readonly Dictionary<NodeId, Peer> peers = [];
    private readonly Dictionary<WorkerId, NodeId> workers = [];

    /// <summary>Processes that are gone: nothing waits for a way to them.</summary>
    private readonly HashSet<NodeId> gone = [];
    private ShardMap? map;

    /// <summary>Where each shard lives or has lived: what was sent under an earlier map, or the one before that, may still arrive.</summary>
    private readonly HashSet<(ShardId Shard, NodeId Node)> places = [];

    /// <summary>From now on the shards live here.</summary>
    public void Place(ShardMap placed)
    {
        lock (gate)
        {
            map = placed;
            places.UnionWith(placed.Shards.Select(shard => (shard, placed.NodeOf(shard))));

            // One that can only not be reached from here may be found again.
            gone.ExceptWith(placed.Nodes);

            // What waits for a way to where no shard lives any more was meant for a shard that is gone.
            foreach (var (_, peer) in peers.Where(pair => !placed.Nodes.Contains(pair.Key)))
            {
                peer.ForgetWaiting();
            }
        }
    }

    /// <summary>A worker lives in that process.</summary>
    public void Add(WorkerId worker, NodeId node)
    {
        lock (gate)
        {
            workers[worker] = node;
        }
    }

    /// <summary>The way to a process is open; what has waited for it goes out.</summary>
    public void Connect(NodeId node, ILink link)
    {
        Peer peer;
        lock (gate)
        {
            gone.Remove(node);
            peer = PeerOf(node);
        }

        peer.Connect(link);
    }

    /// <summary>The process is gone, with everything that was in it.</summary>
    public void Remove(NodeId node)
    {
        Peer? peer;
        lock (gate)
        {
            gone.Add(node);
            peers.Remove(node, out peer);
            foreach (var worker in workers.Where(pair => pair.Value == node).Select(pair => pair.Key).ToArray())
            {
                workers.Remove(worker);
            }
        }

        peer?.Dispose();
    }

    /// <summary>Sends a message of an actor of this process to one that lives elsewhere.</summary>
    public void Route(ActorAddress from, ActorAddress to, ActorMessage message)
    {
        Peer peer;
        lock (gate)
        {
            if (NodeOf(to) is not { } node || node == own || gone.Contains(node))
            {
                return;
            }

            peer = PeerOf(node);
        }

        peer.Send(from, to, message, message is ITensorMessage ? tensors.Hold(from, message) : null);
    }

    /// <summary>Memory for what a process announces.</summary>
    /// <exception cref="WireFormatException">It announces weights of a shard that does not live there: they would take the place of the true ones.</exception>
    public IIncomingTensors Open(NodeId sender, ActorAddress receiver, TensorKey key)
    {
        lock (gate)
        {
            if (key is WeightsKey && !places.Contains((key.Shard, sender)))
            {
                throw new WireFormatException($"{sender} announces weights of {key.Shard}, which does not live there");
            }
        }

        return tensors.Open(receiver, key);
    }

    /// <summary>Takes what came over a process's link, and hands over whatever is due.</summary>
    /// <param name="sender">The process.</param>
    /// <param name="arrived">Its message.</param>
    /// <param name="incoming">Tensors that belong to it, whole; null where there are none.</param>
    /// <exception cref="WireFormatException">The peer says what it cannot mean.</exception>
    public void Receive(NodeId sender, ActorEnvelope arrived, IIncomingTensors? incoming)
    {
        if (arrived.Message is ITensorMessage != incoming is not null)
        {
            throw new WireFormatException($"{arrived.Message.GetType().Name} came {(incoming is null ? "without" : "with")} tensors");
        }

        if (incoming is not null)
        {
            arrived = arrived with { Message = incoming.Complete(arrived.Message) };
        }

        IReadOnlyList<ActorEnvelope> due;
        Peer peer;
        lock (gate)
        {
            peer = PeerOf(sender);
        }

        lock (peer)
        {
            due = peer.Order.Arrived(arrived);
        }

        foreach (var envelope in due)
        {
            if (LivesIn(sender, envelope.From))
            {
                deliver(envelope.To, envelope.Message);
            }
        }
    }

    /// <summary>A server that has moved may still be heard from its old place: the headers of its messages say so, and the actors refuse them.</summary>
    private bool LivesIn(NodeId sender, ActorAddress actor)
    {
        lock (gate)
        {
            return actor.Role == ActorRole.ParameterServer || NodeOf(actor) == sender;
        }
    }

    private NodeId? NodeOf(ActorAddress address) => address.Role switch
    {
        ActorRole.Coordinator => NodeId.Coordinator,
        ActorRole.ParameterServer => map is not null && address.Number < map.ShardCount ? map.NodeOf(new ShardId(address.Number)) : null,
        _ => workers.TryGetValue(new WorkerId(address.Number), out var node) ? node : null,
    };

    private Peer PeerOf(NodeId node)
    {
        if (!peers.TryGetValue(node, out var peer))
        {
            peers.Add(node, peer = new Peer(limits));
        }

        return peer;
    }

    /// <summary>Another process: the way to it, and what waits for that way.</summary>
    private sealed class Peer(LinkLimits limits) : IDisposable
    {
        private readonly ArrayBufferWriter<byte> encoded = new();
        private readonly Queue<(ActorAddress From, ActorAddress To, ActorMessage Message, IOutgoingTensors? Tensors)> waiting = new();
        private ILink? link;
        private bool isGone;

        public MessageOrder Order { get; } = new(limits.MaximumQueuedMessages);

        public void Connect(ILink open)
        {
            lock (this)
            {
                link = open;
                while (waiting.TryDequeue(out var next))
                {
                    SendNow(next.From, next.To, next.Message, next.Tensors);
                }
            }
        }

        public void Send(ActorAddress from, ActorAddress to, ActorMessage message, IOutgoingTensors? tensors)
        {
            lock (this)
            {
                if (isGone)
                {
                    tensors?.Dispose();
                }
                else if (link is null)
                {
                    waiting.Enqueue((from, to, message, tensors));
                }
                else
                {
                    SendNow(from, to, message, tensors);
                }
            }
        }

        public void ForgetWaiting()
        {
            lock (this)
            {
                while (waiting.TryDequeue(out var next))
                {
                    next.Tensors?.Dispose();
                }
            }
        }

        public void Dispose()
        {
            lock (this)
            {
                isGone = true;
                ForgetWaiting();
            }
        }

        private void SendNow(ActorAddress from, ActorAddress to, ActorMessage message, IOutgoingTensors? tensors)
        {
            encoded.ResetWrittenCount();
            MessageCodec.Write(encoded, new ActorEnvelope(from, to, Order.Next(from, to), message));
            if (tensors is null)
            {
                link!.Send(encoded.WrittenSpan);
            }
            else
            {
                link!.Send(to, tensors, encoded.WrittenSpan);
            }
        }
    }
}
