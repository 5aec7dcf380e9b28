using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Hosting;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>A process that has been admitted: its worker, the shards that it is given, and its ways to the coordinator and to the other members that it has to do with.</summary>
internal sealed class MemberNode
{
    private readonly Admission admission;
    private readonly LinkLimits limits;
    private readonly LocalActors actors;
    private readonly Switchboard switchboard;
    private readonly Func<ShardHost, ILink> dial;
    private readonly Action<string> unreachable;
    private readonly object gate = new();
    private readonly Dictionary<ProcessId, NodeId> nodes = [];
    private readonly SortedSet<NodeId> reached = [];
    private readonly List<(ActorAddress To, ResumeServing Message)> early = [];
    private ShardMap? map;

    /// <param name="admission">Who this process is.</param>
    /// <param name="coordinator">The way to the coordinator's process.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="actors">Those of this process.</param>
    /// <param name="tensors">Where their tensors lie.</param>
    /// <param name="dial">Makes a link to another member; blocks until it stands.</param>
    /// <param name="unreachable">Told that a member with a shard cannot be reached, in one sentence.</param>
    public MemberNode(Admission admission, ILink coordinator, LinkLimits limits, LocalActors actors, ITensorStore tensors, Func<ShardHost, ILink> dial, Action<string> unreachable)
    {
        this.admission = admission;
        this.limits = limits;
        this.actors = actors;
        this.dial = dial;
        this.unreachable = unreachable;
        switchboard = new Switchboard(admission.Node, tensors, limits, Deliver);
        nodes.Add(coordinator.Peer, NodeId.Coordinator);
        switchboard.Connect(NodeId.Coordinator, coordinator);
    }

    /// <summary>Null for a process that holds shards only.</summary>
    public WorkerId? Worker => admission.Worker;

    /// <summary>Of the shard map; 0 before the first.</summary>
    public long MapVersion
    {
        get
        {
            lock (gate)
            {
                return map?.Version ?? 0;
            }
        }
    }

    public void Route(ActorAddress from, ActorAddress to, ActorMessage message) => switchboard.Route(from, to, message);

    public IIncomingTensors Open(ILink link, ActorAddress receiver, TensorKey key) => switchboard.Open(NodeOf(link), receiver, key);

    /// <summary>The coordinator's process says where the shards are.</summary>
    public void Place(ShardsPlaced placed)
    {
        switchboard.Place(placed.Map);
        LocalShards.Replace(actors, placed.Map, admission.Node);
        (ActorAddress To, ResumeServing Message)[] due;
        lock (gate)
        {
            map = placed.Map;
            due = [.. early.Where(state => state.Message.Map.Version <= map.Version)];
            early.RemoveAll(state => state.Message.Map.Version <= map.Version);
            foreach (var host in placed.Hosts.Where(host => Dials(host.Node, placed.Map) && reached.Add(host.Node)))
            {
                nodes[host.Process] = host.Node;
                new Thread(() => Reach(host)) { IsBackground = true, Name = $"dialling {host.Node}" }.Start();
            }
        }

        foreach (var (to, message) in due)
        {
            Deliver(to, message);
        }
    }

    /// <summary>A message of the coordinator's process or another member's.</summary>
    /// <exception cref="WireFormatException">The peer says what it cannot mean.</exception>
    public void Receive(ILink link, NodeMessage message, IIncomingTensors? tensors)
    {
        switch (message)
        {
            case ActorEnvelope envelope:
                switchboard.Receive(NodeOf(link), envelope, tensors);
                break;
            case PeerIntroduction peer:
                Introduce(link, peer);
                break;
            default:
                throw new WireFormatException($"another member said {message.GetType().Name} when it had no occasion to");
        }
    }

    /// <summary>A process is not reachable any more. What becomes of the run is the coordinator's to decide.</summary>
    public void Lost(ILink link)
    {
        NodeId node;
        lock (gate)
        {
            if (!nodes.Remove(link.Peer, out node))
            {
                return;
            }

            reached.Remove(node);
        }

        switchboard.Remove(node);
    }

    /// <summary>Whether a shard that the run uses lives in that process.</summary>
    public bool NeedsShardOf(ILink link)
    {
        lock (gate)
        {
            return nodes.TryGetValue(link.Peer, out var node) && map?.Nodes.Contains(node) == true;
        }
    }

    /// <summary>The state of a shard that is to live here travels with tensors, and may be here before the small message that says so.</summary>
    private bool Deliver(ActorAddress to, Message message)
    {
        if (message is ResumeServing resume)
        {
            lock (gate)
            {
                if (map is null || resume.Map.Version > map.Version)
                {
                    early.Add((to, resume));
                    return true;
                }

                if (resume.Map.Version < map.Version)
                {
                    // It was for the actor of an earlier map; the one that is here now gets a state of its own, or begins without one.
                    actors.Discard(to, message);
                    return false;
                }
            }
        }

        return actors.Post(to, message);
    }

    /// <summary>Of two members that both hold shards the one with the higher number dials; one without shards dials all that have some.</summary>
    private bool Dials(NodeId other, ShardMap placed) => other != admission.Node && (!placed.Nodes.Contains(admission.Node) || admission.Node > other);

    /// <summary>
    /// On a thread of its own, because a process that is not there yet is waited for; messages to it wait as well, until it has answered with its own introduction: tensors have a
    /// connection of their own, and would overtake ours.
    /// </summary>
    private void Reach(ShardHost host)
    {
        try
        {
            var link = dial(host);
            link.Send(new PeerIntroduction(admission.Node, admission.Worker));
        }
        catch (SecureConnectException failure)
        {
            lock (gate)
            {
                // Another map may have come meanwhile, and the next one dials again.
                reached.Remove(host.Node);
                nodes.Remove(host.Process);
            }

            unreachable($"{host.Node} cannot be reached: {failure.Message}");
        }
        catch (OperationCanceledException)
        {
            // This process is no member any more.
        }
    }

    /// <summary>Both sides introduce themselves, whoever dialled first, and before any of their actors is heard.</summary>
    private void Introduce(ILink link, PeerIntroduction peer)
    {
        bool hasDialled;
        lock (gate)
        {
            hasDialled = nodes.ContainsKey(link.Peer);
            nodes[link.Peer] = peer.Node;
            reached.Add(peer.Node);
        }

        link.PeerName = peer.Worker?.ToString() ?? peer.Node.ToString();
        if (peer.Worker is { } worker)
        {
            switchboard.Add(worker, peer.Node);
        }

        if (!hasDialled)
        {
            link.Send(new PeerIntroduction(admission.Node, admission.Worker));
        }

        switchboard.Connect(peer.Node, link);
    }

    private NodeId NodeOf(ILink link)
    {
        lock (gate)
        {
            return nodes.TryGetValue(link.Peer, out var node) ? node : throw new WireFormatException("a member spoke before it said who it is");
        }
    }
}
