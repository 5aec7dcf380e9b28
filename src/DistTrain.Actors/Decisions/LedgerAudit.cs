using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Reads the ledger's entries of an epoch: what they prove, and who did the work. It counts positions and trusts no total.</summary>
public static class LedgerAudit
{
    /// <param name="entries">All entries of one epoch.</param>
    /// <param name="sampleCount">Samples in the data: the positions [0, sampleCount) must each be covered once.</param>
    /// <param name="recomputedSamples">Reported beside the proof.</param>
    public static LedgerProof Prove(IEnumerable<LedgerEntry> entries, int sampleCount, long recomputedSamples)
    {
        var spans = entries
            .SelectMany(entry => entry.Nodes.Select(node => PositionsOf(entry.MiniBatch, node)))
            .Order()
            .ToList();
        long applied = 0;
        long counted = 0;
        var next = 0;
        foreach (var (first, end) in spans)
        {
            applied += end - first;
            var fresh = Math.Min(end, sampleCount) - Math.Max(first, next);
            counted += Math.Max(0, fresh);
            next = Math.Max(next, end);
        }

        return new LedgerProof(sampleCount, counted, applied - counted, sampleCount - counted, recomputedSamples);
    }

    /// <summary>What each worker gave, by id.</summary>
    /// <param name="entries">All entries of one epoch.</param>
    public static ImmutableArray<WorkerShare> Shares(IEnumerable<LedgerEntry> entries)
    {
        var shares = new SortedDictionary<WorkerId, WorkerShare>();
        foreach (var entry in entries)
        {
            var step = entry.MiniBatch.Step.Value;
            foreach (var node in entry.Nodes)
            {
                var share = shares.GetValueOrDefault(node.Worker) ?? new WorkerShare(node.Worker, 0, null, null);
                shares[node.Worker] = share with
                {
                    MicroBatchesAccepted = share.MicroBatchesAccepted + node.Node.Count,
                    FirstStep = Math.Min(share.FirstStep ?? step, step),
                    LastStep = Math.Max(share.LastStep ?? step, step),
                };
            }
        }

        return [.. shares.Values];
    }

    /// <summary>The samples that the worker counted, from where the node begins; a wrong count shows as lost or duplicated samples.</summary>
    private static (int First, int End) PositionsOf(MiniBatch miniBatch, AcceptedNode node)
    {
        var first = miniBatch.FirstPosition + miniBatch.Partition.Boundary(node.Node.First);
        return (first, first + node.SampleCount);
    }
}
