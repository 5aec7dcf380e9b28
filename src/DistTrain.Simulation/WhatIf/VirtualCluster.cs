using DistTrain.Actors;
using DistTrain.Learning.Reduction;

namespace DistTrain.Simulation.WhatIf;

/// <summary>
/// The real actors of a run under virtual time, with costs in the place of an engine and of a network. Nothing is drawn but the stragglers. No two actors send each other both tensors and later
/// other messages while steps are made, so messages of a pair keep their order by themselves.
/// </summary>
internal sealed partial class VirtualCluster
{
    private readonly WhatIfQuestion question;
    private readonly CostModel costs;
    private readonly CostHost host;
    private readonly StepClock clock;
    private readonly PriorityQueue<Happening, Moment> agenda = new();
    private readonly Dictionary<ActorAddress, VirtualActor> actors = [];
    private readonly SortedDictionary<NodeId, VirtualNode> nodes = [];
    private readonly EffectList effects = new();
    private readonly List<string> notices = [];
    private readonly long messageCost;
    private readonly long remoteCost;
    private readonly long latency;
    private readonly double bytesPerNanosecond;
    private readonly long wake;
    private long scheduled;
    private long messagesHandled;
    private long bytesSent;

    private VirtualCluster(WhatIfQuestion question)
    {
        this.question = question;
        costs = question.Costs;
        var isOneMachine = question.On != Surroundings.Network;
        var cut = ShardCut.Create(question.Layout, question.ShardCount);
        host = new CostHost(costs, cut, isOneMachine ? costs.Sharing(question.Workers) : 1);
        clock = new StepClock(question.ShardCount, question.WarmUpSteps, question.CountedSteps);
        messageCost = CostHost.Nanoseconds(costs.MessageSeconds);
        remoteCost = CostHost.Nanoseconds(costs.RemoteMessageSeconds);
        bytesPerNanosecond = question.BytesPerSecond / 1e9;
        latency = CostHost.Nanoseconds(question.LatencySeconds);

        // Threads of one process look for work for a while before they sleep, where each has a processor of its own.
        wake = question.On == Surroundings.Threads && question.Workers <= costs.Processors ? 0 : CostHost.Nanoseconds(costs.WakeSeconds);
    }

    public StepClock Clock => clock;

    public IReadOnlyCollection<VirtualNode> Nodes => nodes.Values;

    /// <summary>What the coordinator has told people.</summary>
    public IReadOnlyList<string> Notices => notices;

    /// <summary>While steps counted.</summary>
    public long MessagesHandled => messagesHandled;

    /// <inheritdoc cref="MessagesHandled"/>
    public long BytesSent => bytesSent;

    /// <summary>Bytes through each node's link before the steps that count.</summary>
    public Dictionary<NodeId, (long Sent, long Received)> LoadsBefore { get; } = [];

    /// <summary>Runs until the last step that counts is committed.</summary>
    public static VirtualCluster Run(WhatIfQuestion question)
    {
        var definition = question.ToRunDefinition();
        var cluster = new VirtualCluster(question);
        cluster.Start(definition);
        cluster.HandleAll();
        return cluster;
    }

    private void Start(RunDefinition definition)
    {
        var threads = question.On == Surroundings.Threads ? question.Workers : costs.Processors;
        nodes[NodeId.Coordinator] = new VirtualNode(NodeId.Coordinator, threads, bytesPerNanosecond);
        Add(new CoordinatorActor(definition), nodes[NodeId.Coordinator], 0);
        for (var number = 1; number <= question.Workers; number++)
        {
            var isAlone = question.On != Surroundings.Threads;
            var node = isAlone ? Node(new NodeId(number)) : nodes[NodeId.Coordinator];
            Add(new WorkerActor(new WorkerId(number), definition.Arithmetic, node.Id), node, isAlone ? 0 : number - 1);
        }

        if (definition.Placement == ShardPlacement.Servers)
        {
            for (var number = 1; number <= question.ShardCount; number++)
            {
                Tell(actors[ActorAddress.Coordinator], new ServerNodeJoined(Node(new NodeId(question.Workers + number)).Id), 0, default);
            }
        }
    }

    private VirtualNode Node(NodeId id)
    {
        if (!nodes.TryGetValue(id, out var node))
        {
            nodes[id] = node = new VirtualNode(id, threads: 1, bytesPerNanosecond);
        }

        return node;
    }

    private void Add(IActor actor, VirtualNode node, int thread, long now = 0, Spent spent = default)
    {
        var added = actors[actor.Address] = new VirtualActor(actor, node, thread);
        Tell(added, new Started(), now, spent);
    }

    /// <summary>What an actor's own runtime tells it.</summary>
    private void Tell(VirtualActor receiver, Message message, long time, Spent spent) => At(time, new IsPosted(new Parcel(false, receiver, message, 0, spent)));

    private void At(long time, Happening happening) => agenda.Enqueue(happening, new Moment(time, scheduled++));

    private void HandleAll()
    {
        while (!clock.IsOver)
        {
            if (!agenda.TryDequeue(out var next, out var when))
            {
                throw new InvalidOperationException("the actors came to rest before the steps were made");
            }

            switch (next)
            {
                case IsPosted posted:
                    Post(posted.Parcel, when.Time);
                    break;
                case IsRead read:
                    Handle(read.Parcel, when.Time);
                    break;
                case Arrives arrives:
                    Arrive(arrives.Transfer, when.Time);
                    break;
                case IsThrough through:
                    FinishOn(through.Link, through.IsSenders, when.Time);
                    break;
            }
        }
    }

    private void Post(Parcel parcel, long arrival)
    {
        var receiver = parcel.Receiver;
        if (receiver.IsHandling)
        {
            receiver.Post(parcel, arrival);
        }
        else
        {
            Begin(parcel, arrival, Math.Max(arrival, receiver.BusyUntil));
        }
    }

    private void Begin(Parcel parcel, long arrival, long start)
    {
        parcel.Receiver.IsHandling = true;
        var read = start + messageCost + (parcel.IsRemote ? remoteCost : 0);
        At(read, new IsRead(parcel with { Spent = parcel.Spent.Plus(Phase.Messages, read - arrival) }));
    }

    private void Handle(Parcel parcel, long now)
    {
        var receiver = parcel.Receiver;
        messagesHandled++;
        effects.Clear();
        receiver.Actor.Step(new Timestamp(now / 1000), parcel.Message, effects);
        receiver.BusyUntil = CarryOut(receiver, now, parcel.Spent);
        receiver.IsHandling = false;
        if (parcel.Message is StepCommitted committed && clock.Commit(committed, now, parcel.Spent))
        {
            BeginCounting();
        }

        if (receiver.TryTake(out var next, out var arrival))
        {
            Begin(next, arrival, receiver.BusyUntil);
        }
    }

    private void BeginCounting()
    {
        messagesHandled = 0;
        bytesSent = 0;
        foreach (var node in nodes.Values)
        {
            LoadsBefore[node.Id] = (node.Outgoing.Bytes, node.Incoming.Bytes);
        }
    }

    /// <summary>What was put on the agenda first comes first.</summary>
    private readonly record struct Moment(long Time, long Number) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => Time != other.Time ? Time.CompareTo(other.Time) : Number.CompareTo(other.Number);
    }

    private abstract record Happening;

    /// <summary>A message is in the receiver's mailbox.</summary>
    private sealed record IsPosted(Parcel Parcel) : Happening;

    /// <summary>The receiver has read it, and acts.</summary>
    private sealed record IsRead(Parcel Parcel) : Happening;

    /// <summary>The first byte of tensors comes to the receiver's link.</summary>
    private sealed record Arrives(Transfer Transfer) : Happening;

    /// <summary>The last byte of something may be through a link.</summary>
    private sealed record IsThrough(SharedLink Link, bool IsSenders) : Happening;
}
