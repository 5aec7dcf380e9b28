using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Wire;

namespace DistTrain.Simulation.Faults;

/// <summary>
/// A process that takes part in a run of another one, as <see cref="ClusterMember"/> and <see cref="MemberNode"/> do it with threads: it joins, does its share, joins again when the coordinator is lost, and ends with the run.
/// </summary>
internal sealed class MemberProcess(ClusterWorld world, int slot, string name, MemberRole role) : SimulatedProcess(world, slot, name)
{
    private readonly Dictionary<LinkEnd, NodeId> nodes = [];
    private readonly SortedSet<NodeId> reached = [];
    private readonly List<(ActorAddress To, ResumeServing Message)> early = [];
    private readonly List<(LinkEnd End, NodeMessage Message, IIncomingTensors? Tensors)> beforeAdmission = [];
    private LinkEnd? coordinator;
    private Admission? admission;
    private ShardMap? map;
    private bool isToLeave;

    public MemberRole Role => role;

    public bool IsMember => admission is not null;

    /// <summary>It was told that the run has ended.</summary>
    public bool IsDone { get; private set; }

    /// <summary>It wants to leave, or has left.</summary>
    public bool IsToLeave => isToLeave;

    /// <summary>Looks for the coordinator until it is there.</summary>
    public void Join()
    {
        if (coordinator is not null || World.IsOver)
        {
            return;
        }

        if (World.Listener is { IsAlive: true, IsStopped: false } listener && World.CanReach(Slot, listener.Slot))
        {
            coordinator = new LinkPair(World, this, listener).Dialler;
            Say(coordinator, new Introduction("simulated", role, Name, Life, new HostAndPort(Name, 1)));
            Say(coordinator, new Prepared(World.Run.Arithmetic, "", ""));
        }
        else
        {
            World.Clock.At(World.Clock.Now + World.Timing.Reconnect, this, Join);
        }
    }

    /// <summary>Asks to leave in order.</summary>
    public void Leave(string reason)
    {
        isToLeave = true;
        if (admission is null || coordinator is null)
        {
            End(reason);
            return;
        }

        if (admission.Worker is { } worker)
        {
            Post(null, ActorAddress.Of(worker), new LeaveAsked(reason));
        }

        Say(coordinator, new Leaving(reason));
    }

    public override void Received(LinkEnd end, ReadOnlySpan<byte> message) => Handle(end, MessageCodec.ReadNodeMessage(message, World.Wire), null);

    public override IIncomingTensors Open(LinkEnd end, ActorAddress receiver, TensorKey key) => (Switchboard, end == coordinator) switch
    {
        ({ } open, _) => open.Open(NodeOf(end), receiver, key),
        (null, true) => Prepare().Open(receiver, key),
        _ => throw new WireFormatException("tensors came before this process was a member"),
    };

    public override void Received(LinkEnd end, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message) =>
        Handle(end, NodeMail.ReadBesideTensors(message, receiver, World.Wire), tensors);

    public override void LinkLost(LinkEnd end, string reason, bool isOrderly)
    {
        if (end == coordinator)
        {
            LoseCoordinator(reason);
        }
        else if (nodes.Remove(end, out var node))
        {
            var isNeeded = map?.Nodes.Contains(node) == true;
            reached.Remove(node);
            Switchboard!.Remove(node);
            if (isNeeded)
            {
                LeaveWithoutShard(reason);
            }
        }
    }

    private static void Say(LinkEnd end, NodeMessage message) => NodeMail.Send(end, message);

    private void Handle(LinkEnd end, NodeMessage message, IIncomingTensors? tensors)
    {
        if (end != coordinator || message is ActorEnvelope)
        {
            HandleFromMember(end, message, tensors);
            return;
        }

        switch (message)
        {
            case Admission admitted when admission is null:
                BecomeMember(admitted, end);
                break;
            case ShardsPlaced placed when admission is not null:
                Place(placed);
                break;
            case Refusal refusal:
                End($"the coordinator does not want it: {refusal.Sentence}");
                break;
            case Released:
                End("it has left the run in order");
                break;
            case RunOver over:
                HandleRunOver(over);
                break;
            case Offer:
                break;
            default:
                throw new WireFormatException($"the coordinator said {message.GetType().Name} when it had no occasion to");
        }
    }

    /// <summary>A process whose run has ended for good is left as it is, for those who look at what it still holds.</summary>
    private void HandleRunOver(RunOver over)
    {
        IsDone = World.IsOver;
        if (!IsDone)
        {
            End(over.Sentence);
        }
    }

    private void HandleFromMember(LinkEnd end, NodeMessage message, IIncomingTensors? tensors)
    {
        switch (message)
        {
            case ActorEnvelope envelope when Switchboard is not null:
                Switchboard.Receive(NodeOf(end), envelope, tensors);
                if (envelope.Message is JoinRefused refused)
                {
                    End($"the coordinator does not want it: {refused.Reason}");
                }

                break;
            case PeerIntroduction peer when Switchboard is not null:
                Introduce(end, peer);
                break;
            case PeerIntroduction:
                beforeAdmission.Add((end, message, null));
                break;
            case ActorEnvelope when tensors is not null && end == coordinator:
                beforeAdmission.Add((end, message, tensors));
                break;
            default:
                throw new WireFormatException($"another member said {message.GetType().Name} when it had no occasion to");
        }
    }

    private void BecomeMember(Admission admitted, LinkEnd end)
    {
        admission = admitted;
        World.Note(this, $"is {admitted.Node}{(admitted.Worker is { } id ? $" with {id}" : "")}");
        Switchboard = new Switchboard(admitted.Node, Prepare(), World.Limits, Deliver);
        nodes[end] = NodeId.Coordinator;
        Switchboard.Connect(NodeId.Coordinator, end);
        foreach (var (from, message, tensors) in beforeAdmission)
        {
            HandleFromMember(from, message, tensors);
        }

        beforeAdmission.Clear();
        if (admitted.Worker is { } worker)
        {
            Add(new WorkerActor(worker, World.Run.Arithmetic, admitted.Node));
        }

        if (isToLeave)
        {
            Leave("it was asked to leave");
        }
    }

    private EngineComputeHost Prepare() => Host ??= World.CreateHost();

    private void Place(ShardsPlaced placed)
    {
        Switchboard!.Place(placed.Map);
        ReplaceShards(placed.Map, admission!.Node);
        map = placed.Map;
        (ActorAddress To, ResumeServing Message)[] due = [.. early.Where(state => state.Message.Map.Version <= map.Version)];
        early.RemoveAll(state => state.Message.Map.Version <= map.Version);
        foreach (var host in placed.Hosts.Where(host => Dials(host.Node) && reached.Add(host.Node)))
        {
            World.Clock.At(World.Clock.Now + World.DrawDelay(), this, () => Dial(host, World.Clock.Now + World.Timing.Reconnect));
        }

        foreach (var (to, message) in due)
        {
            Deliver(to, message);
        }
    }

    private bool Dials(NodeId other) => other != admission!.Node && (!map!.Nodes.Contains(admission.Node) || admission.Node > other);

    private void Dial(ShardHost host, long deadline)
    {
        var peer = World.Find(host.Process);
        if (peer?.Links.Find(end => end.Other.Process == this && !end.IsOver) is { } old)
        {
            // The other side has not noticed yet that the link between the two was given up here: what does not fit together ends for both.
            World.Clock.At(World.Clock.Now, peer, () => old.Lose("the other side has begun anew", isOrderly: false));
            reached.Remove(host.Node);
            LeaveWithoutShard($"{host.Node} had not noticed that the link was lost");
        }
        else if (peer is { IsAlive: true, IsStopped: false } && World.CanReach(Slot, peer.Slot))
        {
            var end = new LinkPair(World, this, peer).Dialler;
            nodes[end] = host.Node;
            Say(end, new PeerIntroduction(admission!.Node, admission.Worker));
        }
        else if (World.Clock.Now < deadline)
        {
            World.Clock.At(World.Clock.Now + World.DrawDelay(), this, () => Dial(host, deadline));
        }
        else
        {
            reached.Remove(host.Node);
            LeaveWithoutShard($"{host.Node} cannot be reached");
        }
    }

    /// <summary>The state of a shard that is to live here may be here before the small message that says so.</summary>
    private bool Deliver(ActorAddress to, Message message)
    {
        if (message is ResumeServing resume && (map is null || resume.Map.Version > map.Version))
        {
            early.Add((to, resume));
        }
        else if (message is ResumeServing old && old.Map.Version < map!.Version)
        {
            Discard(to, message);
        }
        else
        {
            Post(null, to, message);
        }

        return true;
    }

    private void Introduce(LinkEnd end, PeerIntroduction peer)
    {
        var hasDialled = nodes.ContainsKey(end);
        nodes[end] = peer.Node;
        reached.Add(peer.Node);
        if (peer.Worker is { } worker)
        {
            Switchboard!.Add(worker, peer.Node);
        }

        if (!hasDialled)
        {
            Say(end, new PeerIntroduction(admission!.Node, admission.Worker));
        }

        Switchboard!.Connect(peer.Node, end);
    }

    private NodeId NodeOf(LinkEnd end) => nodes.TryGetValue(end, out var node) ? node : throw new WireFormatException("a member spoke before it said who it is");

    private void LeaveWithoutShard(string reason)
    {
        var before = map?.Version;
        World.Clock.At(World.Clock.Now + (4 * World.Timing.SurvivedInterruption), this, () =>
        {
            if (map?.Version == before && !World.IsOver)
            {
                LoseCoordinator($"it cannot reach a shard that it needs: {reason}");
            }
        });
    }

    /// <summary>Everything of the membership is dropped, and another life of the same machine joins again.</summary>
    private void LoseCoordinator(string reason)
    {
        End($"the coordinator is lost: {reason}");
        if (!isToLeave)
        {
            World.Rejoin(this);
        }
    }
}
