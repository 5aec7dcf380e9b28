using System.Collections.Immutable;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>Everything that a chaos run has seen; what it means is <see cref="ChaosVerdict"/>'s to say. Times are seconds since the chaos run began.</summary>
/// <param name="Reference">The undisturbed run.</param>
/// <param name="Rounds">Trainings of the same definition, one after the other, until all faults were made.</param>
/// <param name="Required">Least number of faults in each phase.</param>
/// <param name="Planned">Faults that were to be made.</param>
/// <param name="GaveUp">Why it did not go on to its end; null when it did.</param>
public sealed record ChaosFacts(
    RunFacts Reference, ImmutableArray<RoundFacts> Rounds, ImmutableArray<FaultFacts> Faults, ImmutableSortedDictionary<FaultPoint, int> Required, int Planned, ChaosBounds Bounds, string? GaveUp);

/// <summary>What recovery may cost.</summary>
/// <param name="LostSeconds">Of training that a crash may throw away: <c>--max-lost-seconds</c>.</param>
/// <param name="RestartSeconds">That may pass, besides making good what was lost, until a crash has been noticed, a process been started, and everybody joined again: <c>--restart-seconds</c>.</param>
public sealed record ChaosBounds(double LostSeconds, double RestartSeconds);

/// <summary>What a training left.</summary>
/// <param name="Hash">Of the weights; null when it did not end.</param>
/// <param name="Epochs">What was announced of each, in the order of announcing.</param>
public sealed record RunFacts(string? Hash, ImmutableArray<EpochFacts> Epochs);

/// <param name="Report">Everything that has to be the same in every run: loss, metrics, counts, rate, hash; not times, nor who computed what.</param>
/// <param name="Duplicated">Samples.</param>
/// <param name="Lost">Samples.</param>
public sealed record EpochFacts(int Epoch, string Report, long Samples, long ExpectedSamples, long Duplicated, long Lost);

/// <param name="Steps">That the run has.</param>
/// <param name="Computed">Steps that were told of, those that were made again included.</param>
public sealed record RoundFacts(RunFacts Run, string? Outcome, long Steps, long Computed);

/// <summary>A fault that was made, and what came of it.</summary>
/// <param name="Whom">The process's name in the chaos run.</param>
/// <param name="At">When the process died, stopped, or was cut off.</param>
/// <param name="Step">The last one that had been told of.</param>
/// <param name="Died">At which point; null where it did not kill itself.</param>
/// <param name="Returns">To checkpoints, because of it.</param>
/// <param name="RecoverySeconds">From the fault to the first step that cannot have been under way when it came; null if there was none.</param>
/// <param name="LastedSeconds">Until the process was started again, went on, or could be reached again.</param>
/// <param name="Effect">What the coordinator said, or what could be seen.</param>
public sealed record FaultFacts(
    PlannedFault Plan, string Whom, double At, long Step, FaultPoint? Died, ImmutableArray<ReturnFacts> Returns, double? RecoverySeconds, double LastedSeconds, string Effect)
{
    /// <summary>Training thrown away, in seconds; 0 where none was.</summary>
    public double LostSeconds => Returns.Sum(back => back.LostSeconds);

    public long ReplayedSteps => Returns.Sum(back => back.Replayed);
}

/// <summary>A return to a checkpoint.</summary>
/// <param name="From">The step after which training went on.</param>
/// <param name="LastTold">The last step before it that had been told of.</param>
/// <param name="NewestCheckpoint">The newest of which it had been told that it exists; 0 for none.</param>
/// <param name="LostSeconds">
/// From when <paramref name="From"/> was told of (where it was not, since the training before began) to the fault, without the time in which training stood still because of another; or what the coordinator says by its
/// own clock, if that is more.
/// </param>
public sealed record ReturnFacts(long From, long LastTold, long NewestCheckpoint, double LostSeconds)
{
    /// <summary>Steps that are made again.</summary>
    public long Replayed => Math.Max(0, LastTold - From);

    /// <summary>That may be.</summary>
    public long Allowed => Math.Max(0, LastTold - NewestCheckpoint);
}
