using DistTrain.Actors;

namespace DistTrain.Runtime.Recovery;

/// <summary>Where a coordinator writes what the next one goes on from, and finds what those before it have left.</summary>
/// <param name="Journal">Its own, opened; its term is the coordinator's.</param>
/// <param name="Checkpoints">The run's.</param>
public sealed record RunRecovery(RunJournal Journal, CheckpointStore Checkpoints);

internal static class RunRecoveryWriting
{
    /// <summary>Writes a decision down, where the run keeps a journal.</summary>
    public static void WriteDown(this RunRecovery? recovery, JournalEntry entry) => recovery?.Journal.Append(entry);
}
