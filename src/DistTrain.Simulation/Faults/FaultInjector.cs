using DistTrain.Runtime.Cluster;

namespace DistTrain.Simulation.Faults;

/// <summary>Lets things go wrong in a run, as the seed says, until it has happened often enough.</summary>
internal sealed class FaultInjector
{
    private const ulong Stream = 3;
    private const int Attempts = 8;
    private readonly FaultScenario scenario;
    private readonly ClusterWorld world;
    private readonly Machines machines;
    private readonly Draws draws;
    private long nextAt;
    private int left;
    private (SimulatedProcess Process, int Effects)? doomed;

    public FaultInjector(FaultScenario scenario, ClusterWorld world, Machines machines)
    {
        this.scenario = scenario;
        this.world = world;
        this.machines = machines;
        draws = new Draws(scenario.Seed, Stream);
        left = scenario.Faults;
        nextAt = draws.Between(1, 2 * scenario.MeanGap);
        world.BeforeStep = BeforeStep;
        world.BeforeEffectOf = BeforeEffect;
    }

    /// <summary>What has happened so far.</summary>
    public SortedDictionary<FaultKind, int> Counts { get; } = [];

    /// <summary>Nothing more happens from now on.</summary>
    public bool IsOver { get; private set; }

    /// <summary>From now on nothing more goes wrong: what was interrupted goes on, and what is needed is started.</summary>
    public void End()
    {
        IsOver = true;
        doomed = null;
        world.Note(null, "from here on nothing goes wrong any more");
        world.Disk.CapacityBytes = long.MaxValue;
        world.HealAll();
        machines.StartAll();
    }

    private void BeforeStep(SimulatedProcess process)
    {
        if (IsOver || world.IsOver || world.Deliveries < nextAt)
        {
            return;
        }

        if (left == 0)
        {
            world.Clock.At(world.Clock.Now, null, EndOnce);
            nextAt = long.MaxValue;
            return;
        }

        left--;
        nextAt = world.Deliveries + draws.Between(1, 2 * scenario.MeanGap);
        world.Clock.At(world.Clock.Now, null, Inject);
    }

    private void EndOnce()
    {
        if (!IsOver)
        {
            End();
        }
    }

    private void Inject()
    {
        for (var attempt = 0; attempt < Attempts && !IsOver && !world.IsOver; attempt++)
        {
            var kind = draws.Pick(scenario.Kinds);
            if (Happens(kind))
            {
                Counts[kind] = Counts.GetValueOrDefault(kind) + 1;
                return;
            }
        }
    }

    private bool Happens(FaultKind kind) => kind switch
    {
        FaultKind.MemberKilled => PickMember() is { } member && Kill(member),
        FaultKind.CoordinatorKilled => PickCoordinator() is { } coordinator && Kill(coordinator),
        FaultKind.KilledBetweenEffects => PickAny() is { } process && Doom(process),
        FaultKind.KilledAtDiskOperation => PickCoordinator() is { } coordinator && DoomAtDisk(coordinator),
        FaultKind.MachineCrashed => Crash(),
        FaultKind.AllKilled => KillAll(),
        FaultKind.MemberStopped => PickMember() is { } member && Stop(member, DrawInterruption()),
        FaultKind.CoordinatorStopped => PickCoordinator() is { } coordinator && Stop(coordinator, DrawInterruption()),
        FaultKind.CoordinatorSuperseded => PickCoordinator() is { } coordinator && Supersede(coordinator),
        FaultKind.LinkCut => CutOne(),
        FaultKind.Partitioned => Partition(),
        FaultKind.DiskFull => FillDisk(),
        FaultKind.ClockJumped => PickAny() is { } process && JumpAhead(process),
        FaultKind.MemberLeft => PickMember() is { IsToLeave: false } member && Leave(member),
        FaultKind.MemberJoined => Join(),
        _ => PickCoordinator() is { } coordinator && Interrupt(coordinator),
    };

    private MemberProcess? PickMember() => Pick(machines.Members);

    private CoordinatorProcess? PickCoordinator() => Pick(machines.Coordinators);

    private SimulatedProcess? PickAny() => Pick<SimulatedProcess>([.. machines.Coordinators, .. machines.Members]);

    private T? Pick<T>(IReadOnlyList<T> from)
        where T : SimulatedProcess => from.Count == 0 ? null : draws.Pick(from);

    private bool Kill(SimulatedProcess process)
    {
        machines.Kill(process, "is killed");
        return true;
    }

    private bool Doom(SimulatedProcess process)
    {
        doomed = (process, draws.Between(1, 6));
        return true;
    }

    private void BeforeEffect(SimulatedProcess process)
    {
        if (doomed is not { } chosen || chosen.Process != process)
        {
            return;
        }

        doomed = chosen.Effects == 1 ? null : (process, chosen.Effects - 1);
        if (doomed is null && !IsOver && !world.IsOver)
        {
            machines.Kill(process, "is killed between two effects");
        }
    }

    private bool DoomAtDisk(CoordinatorProcess coordinator)
    {
        if (coordinator.Disk.OperationsToDeath is not null)
        {
            return false;
        }

        coordinator.Disk.OperationsToDeath = draws.Between(0, 40);
        coordinator.Disk.Death = draws.Pick([DeathAtDisk.Before, DeathAtDisk.Within, DeathAtDisk.After]);
        return true;
    }

    private bool Crash()
    {
        // Stopped ones as well: their machine is the same.
        foreach (var coordinator in machines.Living.OfType<CoordinatorProcess>().ToArray())
        {
            machines.Kill(coordinator, "is lost with its machine");
        }

        draws.Use((ref random) => world.Disk.Crash(ref random));
        return true;
    }

    private bool KillAll()
    {
        foreach (var process in machines.Living.ToArray())
        {
            machines.Kill(process, "is killed with all others");
        }

        if (draws.Chance(0.5))
        {
            draws.Use((ref random) => world.Disk.Crash(ref random));
        }

        return true;
    }

    /// <summary>Half of them are survived, the others are not.</summary>
    private long DrawInterruption() => draws.Chance(0.5) ? draws.Between(1, world.Timing.SurvivedInterruption) : draws.Between(world.Timing.SurvivedInterruption, 4 * world.Timing.SurvivedInterruption);

    private bool Stop(SimulatedProcess process, long duration)
    {
        world.Note(process, $"is stopped for {duration} µs");
        process.Stop();
        world.Clock.At(world.Clock.Now + duration, null, () =>
        {
            if (process is { IsAlive: true, IsStopped: true })
            {
                world.Note(process, "goes on");
                process.Continue();
            }
        });
        return true;
    }

    private bool Supersede(CoordinatorProcess coordinator)
    {
        var duration = draws.Between(world.Timing.SurvivedInterruption, 4 * world.Timing.SurvivedInterruption);
        machines.StartCoordinatorAt(world.Clock.Now + draws.Between(1, duration + (duration / 4)));
        return Stop(coordinator, duration);
    }

    private bool CutOne()
    {
        var (slot, other) = (draws.Pick(machines.Slots), draws.Pick(machines.Slots));
        if (slot == other || !world.CanReach(slot, other))
        {
            return false;
        }

        CutFor(slot, other, DrawInterruption());
        return true;
    }

    private bool Partition()
    {
        var apart = machines.Slots.Where(_ => draws.Chance(0.4)).ToHashSet();
        var duration = DrawInterruption();
        var any = false;
        foreach (var slot in machines.Slots.Where(apart.Contains))
        {
            foreach (var other in machines.Slots.Where(other => !apart.Contains(other) && world.CanReach(slot, other)))
            {
                CutFor(slot, other, duration);
                any = true;
            }
        }

        return any;
    }

    private void CutFor(int slot, int other, long duration)
    {
        world.Note(null, $"the way between machines {slot} and {other} is cut for {duration} µs");
        world.Cut(slot, other);
        world.Clock.At(world.Clock.Now + duration, null, () => world.Heal(slot, other));
    }

    private bool FillDisk()
    {
        if (world.Disk.CapacityBytes != long.MaxValue)
        {
            return false;
        }

        world.Disk.CapacityBytes = world.Disk.UsedBytes + draws.Between(0, 4000);
        world.Note(null, $"the disk takes {world.Disk.CapacityBytes - world.Disk.UsedBytes} bytes more");
        world.Clock.At(world.Clock.Now + (3 * DrawInterruption()), null, () => world.Disk.CapacityBytes = long.MaxValue);
        return true;
    }

    private bool JumpAhead(SimulatedProcess process)
    {
        var by = draws.Between(1_000, 2_000_000_000L);
        world.Note(process, $"has a clock that jumps ahead by {by} µs");
        process.ClockAhead += by;
        return true;
    }

    private bool Leave(MemberProcess member)
    {
        world.Note(member, "is asked to leave");
        world.Do(member, () => member.Happen(() => member.Leave("asked to")));
        return true;
    }

    private bool Join()
    {
        if (machines.Members.Count >= scenario.Workers + scenario.Servers + 2)
        {
            return false;
        }

        machines.AddMember(scenario.Servers > 0 && draws.Chance(0.4) ? MemberRole.Server : MemberRole.Worker);
        return true;
    }

    /// <summary>It may be killed while it writes down that it stops.</summary>
    private bool Interrupt(CoordinatorProcess coordinator)
    {
        world.Do(coordinator, () => coordinator.Happen(coordinator.AskToStop));
        return true;
    }
}
