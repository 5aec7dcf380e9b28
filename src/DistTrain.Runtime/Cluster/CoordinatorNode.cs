using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Hosting;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>
/// The process of the coordinator: admits others, tells the coordinator actor who is there and who is gone, and everybody where the shards live. Shards without another place live here.
/// </summary>
internal sealed class CoordinatorNode : ILinkHandler
{
    private readonly CoordinatorSettings settings;
    private readonly RunOffer offer;
    private readonly string arithmetic;
    private readonly LocalActors actors;
    private readonly Switchboard switchboard;
    private readonly Action<string> tell;
    private readonly object gate = new();
    private readonly Dictionary<ProcessId, JoiningProcess> processes = [];
    private readonly Term term;
    private ShardMap? map;
    private HostAndPort? endpoint;
    private long began;
    private TrainingProgressed? progress;
    private int lastNode;
    private string? over;

    public CoordinatorNode(CoordinatorSettings settings, RunOffer offer, RunDefinition run, LocalActors actors, ITensorStore tensors, Action<string> tell)
    {
        this.settings = settings;
        this.offer = offer;
        arithmetic = run.Arithmetic;
        term = run.Term;
        this.actors = actors;
        this.tell = tell;
        switchboard = new Switchboard(NodeId.Coordinator, tensors, settings.Limits, actors.Post);
    }

    /// <summary>A sentence for people.</summary>
    public void Say(string sentence) => tell(sentence);

    /// <summary>The highest number that a worker of this run has had, in whichever term: none has the number of another.</summary>
    public int LastWorker { get; set; }

    /// <summary>Makes a one-use ticket for a connection that files are fetched by.</summary>
    public Func<ProcessId, byte[]>? IssueTicket { get; set; }

    public void Route(ActorAddress from, ActorAddress to, ActorMessage message) => switchboard.Route(from, to, message);

    /// <summary>Carries out what only a process with a network can.</summary>
    public void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case PlaceShards place:
                Place(place.Map);
                break;
            case ReleaseNode release:
                ProcessOf(release.Node)?.Send(new Released());
                break;
            default:
                throw new InvalidOperationException($"no way is known to carry out {effect.GetType().Name}");
        }
    }

    /// <summary>Tells everybody that the run has ended, and waits a while for them to go.</summary>
    public void EndRun(string sentence, TimeSpan patience)
    {
        JoiningProcess[] left;
        lock (gate)
        {
            over = sentence;
            left = [.. processes.Values];
        }

        foreach (var process in left)
        {
            process.Send(new RunOver(sentence));
        }

        lock (gate)
        {
            for (var start = Stopwatch.GetTimestamp(); processes.Count > 0 && patience - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } rest;)
            {
                Monitor.Wait(gate, rest);
            }
        }
    }

    public void Received(ILink link, ReadOnlySpan<byte> message)
    {
        var process = Find(link);
        switch (MessageCodec.ReadNodeMessage(message, settings.Limits.Wire))
        {
            case ActorEnvelope envelope when process.Node is { } node:
                switchboard.Receive(node, envelope, incoming: null);
                break;
            case Introduction introduction:
                HandleIntroduction(process, introduction);
                break;
            case Prepared prepared:
                HandlePrepared(process, prepared);
                break;
            case TicketRequested when IssueTicket is { } issue:
                process.Send(new TicketIssued([.. issue(link.Peer)]));
                break;
            case WorkerStatus status:
                process.Status = status;
                break;
            case Leaving leaving when process.Node is { } node:
                actors.Post(ActorAddress.Coordinator, new NodeLeaves(node, leaving.Reason));
                break;
            case MailAddress mail:
                Refuse(process, $"it was started with --runtime {mail.Runtime}, but the coordinator without: start all processes of a run with the same runtime");
                break;
            case Refusal refusal:
                tell($"{process} does not take part: {refusal.Sentence}");
                break;
            case var other:
                throw new WireFormatException($"{process} said {other.GetType().Name} when it had no occasion to");
        }
    }

    public IIncomingTensors Open(ILink link, ActorAddress receiver, TensorKey key) =>
        switchboard.Open(Find(link).Node ?? throw new WireFormatException("tensors came from a process that is no member"), receiver, key);

    public void Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message) => switchboard.Receive(
        Find(link).Node ?? throw new WireFormatException("tensors came from a process that is no member"),
        NodeMail.ReadBesideTensors(message, receiver, settings.Limits.Wire),
        tensors);

    public void Changed(ILink link, string sentence) => tell(sentence);

    public void Lost(ILink link, string reason, bool isOrderly)
    {
        JoiningProcess? process;
        lock (gate)
        {
            processes.Remove(link.Peer, out process);
            Monitor.PulseAll(gate);
        }

        if (process?.Node is not { } node)
        {
            return;
        }

        switchboard.Remove(node);
        if (process.Worker is { } worker)
        {
            actors.Post(ActorAddress.Coordinator, new WorkerLost(worker, reason));
        }

        actors.Post(ActorAddress.Coordinator, new NodeLost(node, reason));
    }

    /// <summary>Others can connect from now on.</summary>
    public void Listens(HostAndPort address)
    {
        lock (gate)
        {
            endpoint = address;
            began = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>What the run tells, for those who ask how it goes.</summary>
    public void Happened(TrainingEvent happening)
    {
        if (happening is TrainingProgressed latest)
        {
            lock (gate)
            {
                progress = latest;
            }
        }
    }

    public ClusterStatus Status()
    {
        lock (gate)
        {
            // A map comes into force together with a new incarnation.
            var run = new RunFacts(
                offer.ProgramVersion, settings.RunName, settings.MinimumWorkers, settings.WaitsBelowMinimum, term, new Incarnation(Math.Max(1, map?.Version ?? 1)), map, progress, over);
            return StatusReport.Build(
                run,
                (Dns.GetHostName(), Environment.ProcessId, endpoint ?? settings.Listen, Stopwatch.GetElapsedTime(began)),
                processes.Values.Where(process => process.Node is not null).Select(process => new MemberFacts(
                    process.Node!.Value, process.Worker, process.Introduction!, Stopwatch.GetElapsedTime(process.Joined), process.Status, process.Link.Statistics)));
        }
    }

    public Readiness Readiness()
    {
        lock (gate)
        {
            return over is null && endpoint is not null ? new Readiness(true, "the run takes workers") : new Readiness(false, over ?? "the run is being set up");
        }
    }

    private void HandleIntroduction(JoiningProcess process, Introduction introduction)
    {
        process.Introduction = introduction;
        if (over is not null)
        {
            process.Send(new RunOver(over));
        }
        else if (introduction.ProgramVersion != offer.ProgramVersion)
        {
            Refuse(process, $"it runs disttrain {introduction.ProgramVersion}, but the coordinator {offer.ProgramVersion}: start the same version everywhere");
        }
        else
        {
            process.Send(new Offer(offer));
        }
    }

    private void HandlePrepared(JoiningProcess process, Prepared prepared)
    {
        if (process.Introduction is not { } introduction || process.Node is not null)
        {
            throw new WireFormatException($"{process} is prepared for something that was not offered");
        }

        if (prepared.ContentHash != offer.Data.ContentHash)
        {
            Refuse(process, $"its data '{offer.Data.Name}' has the content {prepared.ContentHash}, but the run's has {offer.Data.ContentHash}");
        }
        else if (prepared.Arithmetic != arithmetic)
        {
            Refuse(process, $"its engine computes in {prepared.Arithmetic}, but the run in {arithmetic}, and a run does not mix two arithmetics");
        }
        else
        {
            process.KernelPath = prepared.KernelPath;
            Admit(process, introduction);
        }
    }

    private void Refuse(JoiningProcess process, string sentence)
    {
        tell($"{process} was not admitted: {sentence}");
        process.Send(new Refusal(sentence));
    }

    private void Admit(JoiningProcess process, Introduction introduction)
    {
        NodeId node;
        lock (gate)
        {
            node = new NodeId(++lastNode);
            process.Worker = introduction.Role == MemberRole.Worker ? new WorkerId(++LastWorker) : null;
            process.Node = node;
            process.Send(new Admission(node, process.Worker));
            if (map is not null)
            {
                process.Send(new ShardsPlaced(map, HostsOf(map)));
            }
        }

        process.Link.PeerName = process.ToString();
        if (process.Worker is { } worker)
        {
            switchboard.Add(worker, node);
        }
        else
        {
            actors.Post(ActorAddress.Coordinator, new ServerNodeJoined(node));
        }

        switchboard.Connect(node, process.Link);
    }

    private void Place(ShardMap placed)
    {
        switchboard.Place(placed);
        LocalShards.Replace(actors, placed, NodeId.Coordinator);

        lock (gate)
        {
            map = placed;
            var message = new ShardsPlaced(placed, HostsOf(placed));
            foreach (var process in processes.Values.Where(process => process.Node is not null))
            {
                process.Send(message);
            }
        }
    }

    private ImmutableArray<ShardHost> HostsOf(ShardMap placed) =>
    [
        .. processes.Values
            .Where(process => process.Node is { } node && placed.Nodes.Contains(node))
            .OrderBy(process => process.Node)
            .Select(process => new ShardHost(process.Node!.Value, process.Link.Peer, process.Introduction!.Endpoint)),
    ];

    private JoiningProcess Find(ILink link)
    {
        lock (gate)
        {
            if (!processes.TryGetValue(link.Peer, out var process))
            {
                processes.Add(link.Peer, process = new JoiningProcess(link));
            }

            return process;
        }
    }

    private JoiningProcess? ProcessOf(NodeId node)
    {
        lock (gate)
        {
            return processes.Values.FirstOrDefault(process => process.Node == node);
        }
    }
}

/// <summary>A process that has connected, and how far it has come.</summary>
internal sealed class JoiningProcess(ILink link)
{
    public ILink Link => link;

    /// <summary>When it connected, by <see cref="Stopwatch"/>.</summary>
    public long Joined { get; } = Stopwatch.GetTimestamp();

    public Introduction? Introduction { get; set; }

    public string? KernelPath { get; set; }

    /// <summary>Null before it is admitted.</summary>
    public NodeId? Node { get; set; }

    public WorkerId? Worker { get; set; }

    public WorkerStatus? Status { get; set; }

    public void Send(NodeMessage message) => link.Send(message);

    public override string ToString() => Worker?.ToString() ?? Node?.ToString() ?? (Introduction is { } known ? $"the process {known.OperatingSystemId} on {known.HostName}" : $"process {link.Peer}");
}
