using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors;

/// <summary>A step that is planned and that not every shard has committed: who has which of its micro-batches, and what the shards have said.</summary>
internal sealed class AssignedStep(PlannedStep plan, int shardCount)
{
    private readonly WorkerId?[] owners = new WorkerId?[plan.MiniBatch.MicroBatchCount];
    private readonly ImmutableArray<ChunkMeasures>?[] measures = new ImmutableArray<ChunkMeasures>?[shardCount];

    private readonly ShardSquares[] nodeSquares = new ShardSquares[shardCount];
    private readonly ImmutableArray<NodeNorm>[] nodeNorms = new ImmutableArray<NodeNorm>[shardCount];

    public PlannedStep Plan => plan;

    /// <summary>
    /// Of a committed step: the norms of noise nodes that workers have formed, empty where noise is not measured. From all shards, in their order: after a death one may have a node whole that others have in parts.
    /// </summary>
    public IEnumerable<NodeNorm> NodeNorms => nodeNorms.Where(norms => !norms.IsDefault).SelectMany(norms => norms);

    /// <summary>[shards] of a committed step: the noise nodes that the reduction has formed.</summary>
    public IReadOnlyList<ShardSquares> NodeSquares => nodeSquares;

    /// <summary>From the shard that keeps the ledger; null until it has committed the step.</summary>
    public StepRecord? Record { get; private set; }

    public bool IsCommitted => Record is not null && measures.All(measure => measure is not null);

    /// <summary>[shards] of a committed step.</summary>
    public ImmutableArray<ImmutableArray<ChunkMeasures>> Measures => [.. measures.Select(measure => measure ?? [])];

    public void Assign(WorkerId worker, WorkRange range)
    {
        for (var i = range.First; i < range.End; i++)
        {
            owners[i] = worker;
        }
    }

    public void Abandon(WorkerId worker)
    {
        for (var i = 0; i < owners.Length; i++)
        {
            owners[i] = owners[i] == worker ? null : owners[i];
        }
    }

    /// <summary>The parts of a range that no worker has.</summary>
    public IReadOnlyList<WorkRange> WithoutOwner(WorkRange range) =>
        WorkRange.Join(Enumerable.Range(range.First, range.Count).Where(i => owners[i] is null).Select(WorkRange.Single));

    /// <returns>Whether the shard had not said so before.</returns>
    public bool Commit(StepCommitted committed)
    {
        if (measures[committed.Shard.Value] is not null)
        {
            return false;
        }

        measures[committed.Shard.Value] = committed.Measures;
        nodeSquares[committed.Shard.Value] = committed.NodeSquares;
        nodeNorms[committed.Shard.Value] = committed.NodeNorms;
        if (committed.Record is { } record)
        {
            Record ??= record;
        }

        return true;
    }
}
