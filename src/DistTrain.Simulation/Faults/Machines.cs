using DistTrain.Runtime.Cluster;

namespace DistTrain.Simulation.Faults;

/// <summary>The machines of a simulated cluster and what runs on them: somebody starts again what has died, sooner or later or never.</summary>
internal sealed class Machines
{
    private const ulong Stream = 4;
    private const int CoordinatorSlot = 0;
    private readonly FaultScenario scenario;
    private readonly ClusterWorld world;
    private readonly Draws draws;
    private readonly List<Machine> members = [];
    private readonly List<CoordinatorProcess> coordinators = [];
    private bool restartsAll;

    public Machines(FaultScenario scenario, ClusterWorld world)
    {
        this.scenario = scenario;
        this.world = world;
        draws = new Draws(scenario.Seed, Stream);
        world.HasEnded = HasEnded;
        world.WasKilled = process => Kill(process, "is dead");
        world.Rejoins = process => StartMemberAt(Of(process), world.Clock.Now + DrawPause());
    }

    /// <summary>Those that live and are not stopped.</summary>
    public IReadOnlyList<CoordinatorProcess> Coordinators => [.. coordinators.Where(coordinator => coordinator is { IsAlive: true, IsStopped: false })];

    /// <inheritdoc cref="Coordinators"/>
    public IReadOnlyList<MemberProcess> Members => [.. members.Select(machine => machine.Process).OfType<MemberProcess>().Where(member => member is { IsAlive: true, IsStopped: false })];

    public IReadOnlyList<int> Slots => [CoordinatorSlot, .. members.Select(machine => machine.Slot)];

    /// <summary>Every process that lives, stopped or not.</summary>
    public IEnumerable<SimulatedProcess> Living => coordinators.Cast<SimulatedProcess>().Concat(members.Select(machine => machine.Process).OfType<MemberProcess>()).Where(process => process.IsAlive);

    public void Begin()
    {
        StartCoordinatorAt(draws.Between(0, world.Timing.Reconnect));
        for (var i = 0; i < scenario.Workers + scenario.Servers; i++)
        {
            AddMember(i < scenario.Workers ? MemberRole.Worker : MemberRole.Server);
        }
    }

    public void AddMember(MemberRole role)
    {
        var machine = new Machine(members.Count + 1, role);
        members.Add(machine);
        StartMemberAt(machine, world.Clock.Now + draws.Between(0, world.Timing.Reconnect));
    }

    public void Kill(SimulatedProcess process, string how)
    {
        if (!process.IsAlive)
        {
            return;
        }

        world.Note(process, how);
        process.Die();
        Restart(process);
    }

    /// <summary>Whatever has died is started, and whatever is stopped goes on.</summary>
    public void StartAll()
    {
        restartsAll = true;
        foreach (var process in Living.Where(process => process.IsStopped).ToArray())
        {
            world.Note(process, "goes on");
            process.Continue();
        }

        if (world.Listener is not { IsAlive: true })
        {
            StartCoordinatorAt(world.Clock.Now + DrawPause());
        }

        foreach (var machine in members.Where(machine => machine.Process is not { IsAlive: true }))
        {
            StartMemberAt(machine, world.Clock.Now + DrawPause());
        }
    }

    public void StartCoordinatorAt(long time) => world.Clock.At(time, null, () =>
    {
        if (world.IsOver || world.Listener is { IsAlive: true, IsStopped: false })
        {
            return;
        }

        DrawSize();
        var coordinator = new CoordinatorProcess(world, CoordinatorSlot);
        coordinators.Add(coordinator);
        world.Listener = coordinator;
        world.Note(coordinator, "starts");
        world.Do(coordinator, coordinator.Begin);
        foreach (var earlier in coordinators.Where(earlier => earlier != coordinator && earlier.IsAlive))
        {
            world.Clock.At(world.Clock.Now + world.Timing.Reconnect, earlier, earlier.LookForSuccessor);
        }
    });

    private void StartMemberAt(Machine machine, long time) => world.Clock.At(time, null, () =>
    {
        if (world.IsOver || machine.Process is { IsAlive: true })
        {
            return;
        }

        machine.Process = new MemberProcess(world, machine.Slot, machine.Role == MemberRole.Worker ? "worker" : "server", machine.Role);
        world.Note(machine.Process, "starts");
        machine.Process.Join();
    });

    private void HasEnded(SimulatedProcess process) => Restart(process);

    private void Restart(SimulatedProcess process)
    {
        if (world.IsOver)
        {
            return;
        }

        if (process is CoordinatorProcess coordinator)
        {
            if (coordinator == world.Listener)
            {
                StartCoordinatorAt(world.Clock.Now + DrawPause());
            }
        }
        else if (restartsAll || !draws.Chance(scenario.ShareNeverRestarted))
        {
            StartMemberAt(Of((MemberProcess)process), world.Clock.Now + DrawPause());
        }
    }

    /// <summary>A run that goes on may do so with other numbers of workers and shards.</summary>
    private void DrawSize()
    {
        if (scenario.ChangesSize && coordinators.Count > 0)
        {
            var workers = draws.Between(1, scenario.Workers);
            world.Run = world.Run with
            {
                WorkerCount = workers,
                ShardCount = scenario.Placement == Actors.ShardPlacement.Servers ? scenario.Shards : draws.Between(1, 4),
            };
        }
    }

    private long DrawPause() => draws.Between(world.Timing.Reconnect / 4, 3 * world.Timing.Reconnect);

    private Machine Of(MemberProcess process) => members[process.Slot - 1];

    private sealed class Machine(int slot, MemberRole role)
    {
        public int Slot => slot;

        public MemberRole Role => role;

        public MemberProcess? Process { get; set; }
    }
}
