namespace DistTrain.Actors;

/// <summary>
/// The ledger of the epoch under way: every node that was applied, and what was computed in vain. The shard that holds chunk 0 keeps it, beside the weights that it
/// accounts for.
/// </summary>
internal sealed class OpenLedger
{
    private readonly List<LedgerEntry> entries = [];
    private long recomputedSamples;

    public void Record(LedgerEntry entry, long recomputed)
    {
        entries.Add(entry);
        recomputedSamples += recomputed;
    }

    /// <summary>Audits the epoch, and begins the next.</summary>
    /// <param name="last">The epoch's last mini-batch; it ends where the data ends.</param>
    public EpochLedger Close(MiniBatch last)
    {
        var closed = new EpochLedger(
            entries.Count,
            LedgerAudit.Prove(entries, last.FirstPosition + last.SampleCount, recomputedSamples),
            LedgerAudit.Shares(entries));
        entries.Clear();
        recomputedSamples = 0;
        return closed;
    }
}
