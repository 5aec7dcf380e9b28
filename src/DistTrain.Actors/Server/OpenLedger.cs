using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>
/// The ledger of the epoch under way: every node that was applied, and what was computed in vain. The shard that holds chunk 0 keeps it, beside the weights that it
/// accounts for.
/// </summary>
internal sealed class OpenLedger
{
    private readonly List<LedgerEntry> entries = [];

    /// <summary>In order.</summary>
    public ImmutableArray<LedgerEntry> Entries => [.. entries];

    /// <summary>Gradients of this epoch that were computed again without need.</summary>
    public long RecomputedSamples { get; private set; }

    public void Record(LedgerEntry entry, long recomputed)
    {
        entries.Add(entry);
        RecomputedSamples += recomputed;
    }

    /// <summary>Goes on from what another incarnation has recorded of the epoch.</summary>
    public void Restore(IEnumerable<LedgerEntry> earlier, long recomputed)
    {
        entries.AddRange(earlier);
        RecomputedSamples = recomputed;
    }

    /// <summary>Audits the epoch, and begins the next.</summary>
    /// <param name="last">The epoch's last mini-batch; it ends where the data ends.</param>
    public EpochLedger Close(MiniBatch last)
    {
        var closed = new EpochLedger(
            entries.Count,
            LedgerAudit.Prove(entries, last.FirstPosition + last.SampleCount, RecomputedSamples),
            LedgerAudit.Shares(entries));
        entries.Clear();
        RecomputedSamples = 0;
        return closed;
    }
}
