namespace DistTrain.Simulation.Faults;

/// <summary>What may go wrong in a simulated run.</summary>
public enum FaultKind
{
    /// <summary>A process without the coordinator dies between two messages.</summary>
    MemberKilled,

    /// <summary>The coordinator's process dies between two messages.</summary>
    CoordinatorKilled,

    /// <summary>Any process dies between two effects of one message.</summary>
    KilledBetweenEffects,

    /// <summary>The coordinator's process dies just before, within or just after one operation on its disk.</summary>
    KilledAtDiskOperation,

    /// <summary>The coordinator's machine dies: its disk loses and tears what was not flushed.</summary>
    MachineCrashed,

    /// <summary>Everything dies.</summary>
    AllKilled,

    /// <summary>A process without the coordinator stands still, and goes on.</summary>
    MemberStopped,

    /// <summary>The coordinator's process stands still, and goes on.</summary>
    CoordinatorStopped,

    /// <summary>The coordinator's process stands still so long that another one takes its place, and goes on.</summary>
    CoordinatorSuperseded,

    /// <summary>The way between two processes is cut, and whole again.</summary>
    LinkCut,

    /// <summary>Some machines cannot reach the others, and can again.</summary>
    Partitioned,

    /// <summary>The coordinator's disk takes nothing more for a while.</summary>
    DiskFull,

    /// <summary>A process's clock jumps ahead.</summary>
    ClockJumped,

    /// <summary>A process asks to leave in order.</summary>
    MemberLeft,

    /// <summary>A process joins that was not there before.</summary>
    MemberJoined,

    /// <summary>Somebody stops the run, and resumes it.</summary>
    Interrupted,
}
