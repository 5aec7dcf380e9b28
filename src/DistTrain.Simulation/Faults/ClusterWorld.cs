using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;
using DistTrain.Simulation.Faults.Checks;

namespace DistTrain.Simulation.Faults;

/// <summary>What all processes of a simulated run have in common: time, the network between their machines, one disk, and those who watch.</summary>
internal sealed class ClusterWorld
{
    private const ulong NetworkStream = 2;
    private const long LargestLocalDelay = 15;
    private readonly Draws draws;
    private readonly IEngine engine;
    private readonly RunWatch watch;
    private readonly Dictionary<ProcessId, SimulatedProcess> processes = [];
    private readonly HashSet<(int Slot, int Other)> cutWays = [];
    private readonly EffectList effects = new();
    private int lastLife;

    public ClusterWorld(FaultScenario scenario, IEngine engine, RunWatch watch)
    {
        this.engine = engine;
        this.watch = watch;
        draws = new Draws(scenario.Seed, NetworkStream);
        Timing = scenario.Timing;
        Definition = scenario.Training.Define(scenario.Workers, shards: 1);
        Run = TinyTraining.ToRun(Definition, engine.ArithmeticId.Value) with
        {
            WorkerCount = scenario.Workers,
            WaitsBelowWorkerCount = scenario.WaitsBelowWorkers,
            Placement = scenario.Placement,
            ShardCount = scenario.Shards,
            RunAheadSteps = scenario.RunAheadSteps,
            Checkpoints = scenario.Checkpoints,
        };
    }

    public VirtualClock Clock { get; } = new();

    public SimulatedDisk Disk { get; } = new();

    public NetworkTiming Timing { get; }

    public TrainingDefinition Definition { get; }

    /// <summary>As the next coordinator begins it, but for its term.</summary>
    public RunDefinition Run { get; set; }

    public LinkLimits Limits { get; } = new();

    public WireLimits Wire => Limits.Wire;

    public List<LinkPair> Links { get; } = [];

    /// <summary>The coordinator that others reach under the run's address.</summary>
    public CoordinatorProcess? Listener { get; set; }

    /// <summary>Nobody has to do anything any more.</summary>
    public bool IsOver { get; set; }

    /// <summary>Messages handed to actors so far.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Called before each message that an actor is handed.</summary>
    public Action<SimulatedProcess>? BeforeStep { get; set; }

    /// <summary>Called before each effect that is carried out; may end the process.</summary>
    public Action<SimulatedProcess>? BeforeEffectOf { get; set; }

    /// <summary>Called when a process has ended in order.</summary>
    public Action<SimulatedProcess>? HasEnded { get; set; }

    /// <summary>Called when a process has died in the middle of what it did.</summary>
    public Action<SimulatedProcess>? WasKilled { get; set; }

    /// <summary>Called when a member looks for the coordinator again.</summary>
    public Action<MemberProcess>? Rejoins { get; set; }

    public int NextLife() => ++lastLife;

    public void Register(SimulatedProcess process) => processes.Add(process.Id, process);

    public SimulatedProcess? Find(ProcessId id) => processes.GetValueOrDefault(id);

    public bool CanReach(int slot, int other) => !cutWays.Contains((Math.Min(slot, other), Math.Max(slot, other)));

    /// <summary>Cuts the way between two machines, with all links on it.</summary>
    public void Cut(int slot, int other)
    {
        cutWays.Add((Math.Min(slot, other), Math.Max(slot, other)));
        foreach (var link in Links.Where(link => link.Joins(slot, other)).ToArray())
        {
            link.Cut();
        }
    }

    public void Heal(int slot, int other)
    {
        cutWays.Remove((Math.Min(slot, other), Math.Max(slot, other)));
        foreach (var link in Links.Where(link => link.Joins(slot, other)).ToArray())
        {
            link.Heal();
        }
    }

    public void HealAll()
    {
        foreach (var (slot, other) in cutWays.ToArray())
        {
            Heal(slot, other);
        }
    }

    public long DrawDelay() => draws.Between(Timing.SmallestDelay, Timing.LargestDelay);

    /// <summary>Of a message between two actors of one process.</summary>
    public long DrawLocalDelay() => draws.Between(1, LargestLocalDelay);

    /// <summary>After which a peer is given up that says nothing.</summary>
    public long DrawPatience() => Timing.Silence + draws.Between(0, Timing.Silence / 2) + draws.Between(Timing.Reconnect / 2, Timing.Reconnect);

    /// <summary>How long the messages of a dead process still arrive.</summary>
    public long DrawRest() => draws.Chance(0.5) ? 0 : draws.Between(0, Timing.LargestDelay);

    public long DurationOf(SimulatedProcess process, ComputeEffect effect) => effect switch
    {
        ComputeGradient gradient => gradient.Range.Count * draws.Between(5, 20 + (60 * (process.Slot % 3))),
        EvaluateBlocks blocks => blocks.Blocks.Count * draws.Between(5, 20 + (20 * (process.Slot % 3))),
        SaveCheckpoint or LoadCheckpoint => draws.Between(50, 3000),
        SnapshotState => draws.Between(5, 400),
        _ => draws.Between(5, 100),
    };

    /// <param name="checkpoints">Of a coordinator's process; null in others.</param>
    public EngineComputeHost CreateHost(CheckpointStore? checkpoints = null) => new(Definition, engine, Run.EvaluationBlockSize) { Checkpoints = checkpoints };

    /// <summary>Hands a message to an actor; gives what it wants done.</summary>
    public ImmutableArray<Effect> Step(SimulatedProcess process, IActor actor, ActorAddress? sender, Message message)
    {
        BeforeStep?.Invoke(process);
        if (!process.IsAlive)
        {
            return [];
        }

        effects.Clear();
        var now = new Timestamp(Clock.Now + process.ClockAhead);
        actor.Step(now, message, effects);
        var delivery = new Delivery(Deliveries++, now, sender, actor.Address, message, [.. effects]);
        watch.Stepped(process, delivery);
        return delivery.Effects;
    }

    public void BeforeEffect(SimulatedProcess process) => BeforeEffectOf?.Invoke(process);

    /// <summary>A message is about to be sent; what it carries is shown to those who watch.</summary>
    public void Observe(SimulatedProcess process, ActorAddress sender, ActorMessage message, int shards)
    {
        if (message is ITensorMessage)
        {
            using var held = process.Host!.Hold(sender, message);
            watch.Observe(new TensorsSent(message, shards, held.Segments));
        }
    }

    public void Observe(Observation observation) => watch.Observe(observation);

    /// <summary>A sentence for the trace.</summary>
    public void Note(SimulatedProcess? process, string sentence) => watch.Note(Clock.Now, process, sentence);

    public void Ended(SimulatedProcess process) => HasEnded?.Invoke(process);

    public void Rejoin(MemberProcess process) => Rejoins?.Invoke(process);

    /// <summary>Does what happens to a process; it may die of it.</summary>
    public void Do(SimulatedProcess process, Action act)
    {
        try
        {
            act();
        }
        catch (ProcessKilledException)
        {
            WasKilled?.Invoke(process);
        }
    }

    /// <summary>Takes what came over a link. A peer that says what it cannot mean would be dropped; it must not happen here.</summary>
    public static bool Guard(LinkEnd end, Action take)
    {
        try
        {
            take();
            return true;
        }
        catch (WireFormatException refusal)
        {
            throw new CheckFailedException($"{end.Process.Name} does not understand {end.Other.Process.Name}: {refusal.Message}", refusal);
        }
    }
}
