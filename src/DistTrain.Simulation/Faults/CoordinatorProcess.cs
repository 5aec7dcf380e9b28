using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Wire;
using DistTrain.Simulation.Faults.Checks;

namespace DistTrain.Simulation.Faults;

/// <summary>The process of a coordinator, as <see cref="CoordinatorNode"/> is one with threads: it admits others and tells them where the shards live.</summary>
internal sealed class CoordinatorProcess : SimulatedProcess
{
    private static readonly RunIdentity Identity = new("tiny", "tiny", "tiny");
    private readonly Dictionary<LinkEnd, Joined> processes = [];
    private ShardMap? map;
    private int lastNode;
    private int lastWorker;
    private RunJournal? journal;
    private string? over;

    public CoordinatorProcess(ClusterWorld world, int slot)
        : base(world, slot, "coordinator") => Disk = new ProcessDisk(world, this);

    public ProcessDisk Disk { get; }

    /// <summary>How the run ended, if it has and this is the coordinator with which it did.</summary>
    public RunEnded? Ending { get; private set; }

    /// <summary>Takes the next term and goes on with the run.</summary>
    public void Begin()
    {
        try
        {
            journal = RunJournal.Open(Disk);
        }
        catch (Exception failure) when (failure is IOException or SupersededException)
        {
            End($"the journal cannot be opened: {failure.Message}");
            return;
        }

        World.Observe(new JournalRead(journal.Past));
        if (journal.Past.Ending is { Outcome: not RunOutcome.Cancelled } ended)
        {
            World.Observe(new RunFoundEnded(ended));
            World.IsOver = true;
            End("the run has ended");
            return;
        }

        Host = World.CreateHost(new CheckpointStore(Disk, Identity, TinyTraining.Layout, World.Definition.Optimizer)
        {
            Kept = 2,
            BestBy = World.Run.Checkpoints?.BestBy,
            FlushJournal = journal.Flush,
        });
        Switchboard = new Switchboard(NodeId.Coordinator, Host, World.Limits, Deliver);
        Add(new CoordinatorActor(World.Run with { Term = journal.Term }, journal.Past));
    }

    /// <summary>Looks whether another coordinator has taken the run over, as it does now and then even when it has nothing to write down.</summary>
    public void LookForSuccessor()
    {
        try
        {
            journal?.Flush();
        }
        catch (Exception failure) when (failure is IOException or SupersededException)
        {
            End(failure.Message);
        }
    }

    /// <summary>Somebody asks for the end of the run.</summary>
    public void AskToStop() => Post(null, ActorAddress.Coordinator, new StopRequested());

    public override void Received(LinkEnd end, ReadOnlySpan<byte> message)
    {
        var process = Find(end);
        switch (MessageCodec.ReadNodeMessage(message, World.Wire))
        {
            case ActorEnvelope envelope when process.Node is { } node:
                Switchboard!.Receive(node, envelope, incoming: null);
                break;
            case Introduction introduction:
                process.Introduction = introduction;
                Say(end, over is null ? new Offer(new RunOffer("simulated", "", World.Run.WorkerCount, new DataOffer("", "", "", []))) : new RunOver(over));
                break;
            case Prepared when over is null:
                Admit(process, process.Introduction!);
                break;
            case Leaving leaving when process.Node is { } node:
                Post(null, ActorAddress.Coordinator, new NodeLeaves(node, leaving.Reason));
                break;
        }
    }

    public override IIncomingTensors Open(LinkEnd end, ActorAddress receiver, TensorKey key) => Switchboard!.Open(NodeOf(end), receiver, key);

    public override void Received(LinkEnd end, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message) =>
        Switchboard!.Receive(NodeOf(end), NodeMail.ReadBesideTensors(message, receiver, World.Wire), tensors);

    public override void LinkLost(LinkEnd end, string reason, bool isOrderly)
    {
        if (!processes.Remove(end, out var process) || process.Node is not { } node)
        {
            return;
        }

        Switchboard!.Remove(node);
        if (process.Worker is { } worker)
        {
            Post(null, ActorAddress.Coordinator, new WorkerLost(worker, reason));
        }

        Post(null, ActorAddress.Coordinator, new NodeLost(node, reason));
    }

    protected override void CarryOutHere(ActorCell cell, Effect effect)
    {
        switch (effect)
        {
            case PlaceShards place:
                Place(place.Map);
                break;
            case ReleaseNode release when processes.FirstOrDefault(pair => pair.Value.Node == release.Node).Key is { } end:
                Say(end, new Released());
                break;
            case ReleaseNode:
                break;
            case Announce announce:
                Announced(announce.Announcement);
                break;
            case WriteJournal write:
                Write(write.Entry);
                break;
            default:
                base.CarryOutHere(cell, effect);
                break;
        }
    }

    private static void Say(LinkEnd end, NodeMessage message) => NodeMail.Send(end, message);

    private void Announced(Announcement announcement)
    {
        World.Observe(new CoordinatorAnnounced(journal!.Term, announcement));
        if (announcement is RunEnded ended)
        {
            Ending = ended;
            over = ended.Explanation ?? "the run is complete";
            World.IsOver |= ended.Outcome != RunOutcome.Cancelled;
            World.Clock.At(World.Clock.Now + World.DrawLocalDelay(), this, TellOfEnd);
        }
    }

    private void TellOfEnd()
    {
        foreach (var end in processes.Keys.ToArray())
        {
            Say(end, new RunOver(over!));
        }

        if (!World.IsOver)
        {
            End("the run was stopped");
        }
    }

    private void Write(JournalEntry entry)
    {
        try
        {
            journal!.Append(entry);
        }
        catch (Exception failure) when (failure is IOException or SupersededException)
        {
            End(failure.Message);
        }
    }

    private bool Deliver(ActorAddress to, Message message)
    {
        Post(null, to, message);
        return true;
    }

    private void Admit(Joined process, Introduction introduction)
    {
        var node = new NodeId(++lastNode);
        process.Node = node;
        process.Worker = introduction.Role == MemberRole.Worker ? new WorkerId(++lastWorker) : null;
        Say(process.End, new Admission(node, process.Worker));
        if (map is not null)
        {
            Say(process.End, new ShardsPlaced(map, HostsOf(map)));
        }

        if (process.Worker is { } worker)
        {
            Switchboard!.Add(worker, node);
        }
        else
        {
            Post(null, ActorAddress.Coordinator, new ServerNodeJoined(node));
        }

        Switchboard!.Connect(node, process.End);
    }

    private void Place(ShardMap placed)
    {
        Switchboard!.Place(placed);
        ReplaceShards(placed, NodeId.Coordinator);
        map = placed;
        foreach (var process in processes.Values.Where(process => process.Node is not null))
        {
            Say(process.End, new ShardsPlaced(placed, HostsOf(placed)));
        }
    }

    private System.Collections.Immutable.ImmutableArray<ShardHost> HostsOf(ShardMap placed) =>
    [
        .. processes.Values
            .Where(process => process.Node is { } node && placed.Nodes.Contains(node))
            .OrderBy(process => process.Node)
            .Select(process => new ShardHost(process.Node!.Value, process.End.Peer, process.Introduction!.Endpoint)),
    ];

    private Joined Find(LinkEnd end)
    {
        if (!processes.TryGetValue(end, out var process))
        {
            processes.Add(end, process = new Joined(end));
        }

        return process;
    }

    private NodeId NodeOf(LinkEnd end) => Find(end).Node ?? throw new WireFormatException("tensors came from a process that is no member");

    /// <summary>A process that has connected.</summary>
    private sealed class Joined(LinkEnd end)
    {
        public LinkEnd End => end;

        public Introduction? Introduction { get; set; }

        public NodeId? Node { get; set; }

        public WorkerId? Worker { get; set; }
    }
}
