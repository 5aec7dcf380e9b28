using DistTrain.Actors;
using DistTrain.Runtime;
using DistTrain.Runtime.Wire;

namespace DistTrain.Simulation;

/// <summary>
/// Runs a cluster of actors to the end under virtual time, in one thread. Nothing in it depends on the machine: the scenario decides every delay and every duration, and the host decides
/// every result.
/// </summary>
public sealed class DeterministicRun
{
    private readonly Scenario scenario;
    private readonly IComputeHost host;
    private readonly Action<Delivery>? observer;
    private readonly Action<JournalEntry>? journal;
    private readonly VirtualNetwork network;
    private readonly SortedDictionary<ActorAddress, ActorProcess> processes = [];
    private readonly Queue<Incident> incidents;
    private readonly EffectList effects = new();
    private readonly List<Announcement> announcements = [];
    private long now;
    private int lives;

    private DeterministicRun(Scenario scenario, IComputeHost host, Action<Delivery>? observer, Action<JournalEntry>? journal)
    {
        this.scenario = scenario;
        this.host = host;
        this.observer = observer;
        this.journal = journal;
        network = new VirtualNetwork(scenario.Seed, scenario.SmallestDelayMicroseconds, scenario.LargestDelayMicroseconds);
        incidents = new Queue<Incident>(scenario.Incidents.OrderBy(incident => incident.AtDelivery));
    }

    /// <summary>Runs until nothing is under way any more.</summary>
    /// <param name="scenario">What to run.</param>
    /// <param name="host">Does the computing.</param>
    /// <param name="observer">Sees every delivery; may be null.</param>
    /// <param name="journal">Writes down what the coordinator decides; null for nowhere.</param>
    /// <param name="cancellation">Asks the run to stop after its current step, as <see cref="StopIsRequested"/> does.</param>
    /// <exception cref="InvalidOperationException">The run does not end, or an actor broke its contract.</exception>
    public static SimulationResult Execute(
        Scenario scenario, IComputeHost host, Action<Delivery>? observer = null, Action<JournalEntry>? journal = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(host);
        var run = new DeterministicRun(scenario, host, observer, journal);
        run.StartAll();
        var deliveries = run.DeliverAll(cancellation);
        return new SimulationResult(
            run.announcements.OfType<RunEnded>().SingleOrDefault(),
            [.. run.announcements.OfType<EpochAnnounced>().Select(announced => announced.Report)],
            [.. run.announcements],
            deliveries);
    }

    private void StartAll()
    {
        Start(new CoordinatorActor(scenario.Definition), NodeId.Coordinator, 0);
        foreach (var worker in scenario.Workers)
        {
            Start(worker);
        }
    }

    private void Start(SimulatedWorker worker) =>
        Start(new WorkerActor(worker.Worker, scenario.Definition.Arithmetic, worker.Node), worker.Node, worker.MicrosecondsPerSample);

    private void Start(IActor actor, NodeId node, long microseconds)
    {
        var process = new ActorProcess(actor, node, lives++, microseconds);
        processes.Add(actor.Address, process);
        TellAt(now, process, new Started());
    }

    private long DeliverAll(CancellationToken cancellation)
    {
        var isAsked = false;
        long number = 0;
        while (number <= scenario.MaximumDeliveries)
        {
            if (cancellation.IsCancellationRequested && !isAsked)
            {
                isAsked = true;
                Happen(new StopIsRequested(number));
            }

            HappenUpTo(number);
            if (TakeNext() is ({ } process, { } envelope))
            {
                Deliver(number++, process, envelope);
            }
            else if (incidents.TryDequeue(out var incident))
            {
                Happen(incident);
            }
            else
            {
                return number;
            }
        }

        throw new InvalidOperationException($"the run does not end: {number} messages were delivered");
    }

    /// <summary>The next message whose receiver is still in the life for which it was sent; null when nothing is under way.</summary>
    private (ActorProcess? Receiver, Envelope? Envelope) TakeNext()
    {
        while (network.TryTake(out var time, out var envelope))
        {
            now = time;
            if (processes.TryGetValue(envelope.Receiver, out var process) && process.Life == envelope.ReceiverLife)
            {
                return (process, envelope);
            }
        }

        return (null, null);
    }

    private void Deliver(long number, ActorProcess process, Envelope envelope)
    {
        effects.Clear();
        process.Actor.Step(new Timestamp(now), envelope.Message, effects);
        observer?.Invoke(new Delivery(number, new Timestamp(now), envelope.Sender, envelope.Receiver, envelope.Message, [.. effects]));
        foreach (var effect in effects)
        {
            CarryOut(process, effect);
        }
    }

    private void CarryOut(ActorProcess process, Effect effect)
    {
        switch (effect)
        {
            case Send send:
                Send(process, send);
                break;
            case ComputeEffect compute:
                Compute(process, compute);
                break;
            case ReleaseEffect release:
                host.Release(process.Actor.Address, release);
                break;
            case Announce announce:
                announcements.Add(announce.Announcement);
                break;
            case WriteJournal write:
                journal?.Invoke(write.Entry);
                break;
            case Retire:
                End(process);
                break;
            case PlaceShards placed:
                Place(placed.Map);
                break;
            case ReleaseNode released:
                KillNode(released.Node);
                break;
            case Log or Refuse or PrepareSamples or WriteJournal:
                break;
            default:
                throw new InvalidOperationException($"unknown effect {effect}");
        }
    }

    /// <summary>Ends the servers of the map before, and starts those of this one on their nodes.</summary>
    private void Place(ShardMap map)
    {
        foreach (var earlier in processes.Values.Where(process => process.Actor.Address.Role == ActorRole.ParameterServer).ToArray())
        {
            End(earlier);
        }

        foreach (var shard in map.Shards)
        {
            Start(new ParameterServerActor(shard), map.NodeOf(shard), scenario.ServerMicroseconds);
        }
    }

    private void End(ActorProcess process)
    {
        processes.Remove(process.Actor.Address);
        host.Forget(process.Actor.Address);
    }

    private void Send(ActorProcess sender, Send send)
    {
        if (processes.TryGetValue(send.To, out var receiver))
        {
            var address = sender.Actor.Address;
            var message = WireTrip.Take(send.Message is ITensorMessage ? host.Transfer(address, send.To, send.Message) : send.Message);
            network.Send(now, new Envelope(address, send.To, receiver.Life, message));
        }
    }

    /// <summary>An actor's engine does one thing after another. The result is made at once and told when the virtual time for it is over.</summary>
    private void Compute(ActorProcess process, ComputeEffect effect)
    {
        var result = host.Execute(process.Actor.Address, effect);
        var duration = process.DurationOf(result);
        process.BusyUntil = Math.Max(now, process.BusyUntil) + duration;
        TellAt(process.BusyUntil, process, result switch
        {
            GradientComputed gradient => gradient with { ElapsedMicroseconds = duration },
            CheckpointSaved saved => saved with { ElapsedMicroseconds = duration },
            _ => result,
        });
    }

    private void TellAt(long time, ActorProcess process, Message message) =>
        network.At(time, new Envelope(null, process.Actor.Address, process.Life, message));

    private void HappenUpTo(long delivery)
    {
        while (incidents.TryPeek(out var incident) && incident.AtDelivery <= delivery)
        {
            incidents.Dequeue();
            Happen(incident);
        }
    }

    private void Happen(Incident incident)
    {
        switch (incident)
        {
            case WorkerDies death:
                Kill(death.Worker);
                break;
            case NodeDies death:
                KillNode(death.Node);
                break;
            case WorkerStarts start when !processes.ContainsKey(ActorAddress.Of(start.Worker.Worker)):
                Start(start.Worker);
                break;
            case WorkerIsAskedToLeave leave when processes.TryGetValue(ActorAddress.Of(leave.Worker), out var worker):
                TellAt(now, worker, new LeaveAsked("asked to"));
                break;
            case ServerNodeStarts start:
                TellCoordinator(new ServerNodeJoined(start.Node));
                break;
            case NodeIsAskedToLeave leave:
                TellCoordinator(new NodeLeaves(leave.Node, "asked to"));
                break;
            case StopIsRequested:
                TellCoordinator(new StopRequested());
                break;
        }
    }

    private void TellCoordinator(LocalMessage message)
    {
        if (processes.TryGetValue(ActorAddress.Coordinator, out var coordinator))
        {
            TellAt(now, coordinator, message);
        }
    }

    private void Kill(WorkerId worker)
    {
        if (processes.TryGetValue(ActorAddress.Of(worker), out var process))
        {
            End(process);
            TellOfEnd(process, new WorkerLost(worker, "its process ended"));
        }
    }

    /// <summary>Everything on it ends at once; the coordinator hears of its workers first.</summary>
    private void KillNode(NodeId node)
    {
        ActorProcess[] dead = EndNode(node);
        foreach (var process in dead.Where(process => process.Actor.Address.Role == ActorRole.Worker))
        {
            TellOfEnd(process, new WorkerLost(new WorkerId(process.Actor.Address.Number), "its process ended"));
        }

        var lost = new NodeLost(node, "its process ended");
        if (dead.Length > 0)
        {
            TellOfEnd(dead[^1], lost);
        }
        else
        {
            TellCoordinator(lost);
        }
    }

    private ActorProcess[] EndNode(NodeId node)
    {
        ActorProcess[] dead = [.. processes.Values.Where(process => process.Node == node)];
        foreach (var process in dead)
        {
            End(process);
        }

        return dead;
    }

    /// <summary>By the way on which the actor's own messages come, so that its end is heard of after them and before those of its next life.</summary>
    private void TellOfEnd(ActorProcess process, LocalMessage message)
    {
        if (processes.TryGetValue(ActorAddress.Coordinator, out var coordinator))
        {
            network.Send(now, new Envelope(process.Actor.Address, ActorAddress.Coordinator, coordinator.Life, message));
        }
    }

    /// <summary>One life of an actor.</summary>
    private sealed class ActorProcess(IActor actor, NodeId node, int life, long microseconds)
    {
        public IActor Actor { get; } = actor;

        public NodeId Node { get; } = node;

        public int Life { get; } = life;

        public long BusyUntil { get; set; }

        public long DurationOf(ComputeResult result) => result switch
        {
            GradientComputed computed => microseconds * computed.Nodes.Sum(node => (long)node.Statistics.SampleCount),
            BlocksEvaluated evaluated => microseconds * evaluated.Blocks.Sum(block => (long)block.SampleCount) / 3,
            _ => microseconds,
        };
    }
}
