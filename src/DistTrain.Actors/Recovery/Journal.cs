using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>A decision of the coordinator that the next one has to know of. It is written down before anything that follows from it happens.</summary>
public abstract record JournalEntry;

/// <summary>A life of the parameter server's state begins, from a step's weights.</summary>
/// <param name="Incarnation">Unique in the run, whichever term it is in.</param>
/// <param name="From">The step after which it goes on; 0 for the initial weights.</param>
public sealed record IncarnationBegun(Incarnation Incarnation, StepNumber From, string Reason) : JournalEntry;

/// <summary>A worker became a member, or is none any more.</summary>
public sealed record MembersChanged(ImmutableArray<WorkerId> Workers, string Reason) : JournalEntry;

/// <summary>An epoch was announced. When it is replayed, it is compared with this, and not announced again.</summary>
public sealed record EpochRecorded(EpochReport Report) : JournalEntry;

/// <summary>A checkpoint exists.</summary>
public sealed record CheckpointRecorded(StepNumber Step) : JournalEntry;

/// <summary>The run has ended. A run that was only interrupted may be resumed.</summary>
public sealed record RunEndRecorded(RunOutcome Outcome, StepNumber LastStep, string WeightsHash) : JournalEntry;

/// <summary>What the coordinators before this one have written down.</summary>
/// <param name="LastIncarnation">0 for none.</param>
/// <param name="Epochs">By their numbers.</param>
/// <param name="Ending">How the run ended; null when it has not.</param>
public sealed record JournalPast(Incarnation LastIncarnation, ImmutableSortedDictionary<int, EpochReport> Epochs, RunEndRecorded? Ending)
{
    public static JournalPast None { get; } = new(default, ImmutableSortedDictionary<int, EpochReport>.Empty, null);

    /// <summary>The highest number that a worker has had; 0 for none.</summary>
    public int LastWorker { get; init; }

    /// <summary>With one more entry, the newest.</summary>
    public JournalPast After(JournalEntry entry) => entry switch
    {
        IncarnationBegun begun => this with { LastIncarnation = begun.Incarnation, Ending = null },
        MembersChanged members => this with { LastWorker = members.Workers.Select(worker => worker.Value).Append(LastWorker).Max() },
        EpochRecorded epoch => this with { Epochs = Epochs.SetItem(epoch.Report.Epoch, epoch.Report) },
        RunEndRecorded end => this with { Ending = end },
        _ => this,
    };
}
