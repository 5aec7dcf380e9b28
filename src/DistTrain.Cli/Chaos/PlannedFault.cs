using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>What a process of a chaos run does in the cluster.</summary>
public enum ChaosRole
{
    Worker,
    Server,
    Coordinator,
}

/// <summary>What is done to a process.</summary>
public enum FaultKind
{
    /// <summary>SIGKILL; it is started again after a while.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after a while.</summary>
    Stop,

    /// <summary>Its connections to the coordinator are broken, or carry nothing any more; those of the coordinator are all of them. Healed after a while.</summary>
    Cut,
}

/// <summary>A fault that is drawn before the run.</summary>
/// <param name="Number">From 1 on.</param>
/// <param name="Point">At which the process kills itself; null for a fault from outside, at a drawn moment.</param>
/// <param name="Count">How many times the process passes the point, this time included, before it dies there; 1 where there is none.</param>
/// <param name="PauseSeconds">From the cluster's being whole again to the fault.</param>
/// <param name="LastsSeconds">Until a killed process is started again, a stopped one goes on, or a cut is healed.</param>
/// <param name="IsSilent">A cut that breaks nothing: what is sent just does not arrive.</param>
/// <param name="Choice">Chooses among the processes that the fault can hit.</param>
public sealed record PlannedFault(
    int Number, ChaosRole Role, FaultKind Kind, FaultPoint? Point, int Count, double PauseSeconds, double LastsSeconds, bool IsSilent, uint Choice)
{
    /// <summary>How often it has been tried, this time included.</summary>
    public int Attempts { get; init; } = 1;
}
