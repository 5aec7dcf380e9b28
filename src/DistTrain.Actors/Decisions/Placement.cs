using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Which node is to hold which shard, or why that cannot be said yet.</summary>
/// <param name="Nodes">[shards]; null for not yet.</param>
public readonly record struct PlacementDecision(ImmutableArray<NodeId>? Nodes, string Reason);

/// <summary>Where the shards live. It decides speed and what a node's end means, never the bits.</summary>
public static class Placement
{
    /// <summary>Where a run begins.</summary>
    /// <param name="definition">The run.</param>
    /// <param name="workerNodes">Of each worker that wants to join; two may share a node.</param>
    /// <param name="serverNodes">That are there to hold shards.</param>
    public static PlacementDecision Decide(RunDefinition definition, IReadOnlyCollection<NodeId> workerNodes, IReadOnlyCollection<NodeId> serverNodes)
    {
        var wanted = definition.WorkerCount;
        if (definition.Placement == ShardPlacement.Central)
        {
            return Over([NodeId.Coordinator], definition.ShardCount ?? 1, "in the coordinator's process");
        }

        if (definition.Placement == ShardPlacement.Workers)
        {
            NodeId[] nodes = [.. workerNodes.Distinct().Order()];
            return workerNodes.Count < wanted
                ? NotYet($"{workerNodes.Count} of {wanted} workers are here")
                : Over(nodes, definition.ShardCount ?? nodes.Length, "on the workers' nodes");
        }

        if (definition.ShardCount is { } count)
        {
            return serverNodes.Count < count ? NotYet($"{serverNodes.Count} of {count} nodes for shards are here") : Over([.. serverNodes.Order()], count, "on nodes of their own");
        }

        // Nobody has said how many there will be, so those that have come when the workers are here are taken for all.
        return serverNodes.Count == 0 || workerNodes.Count < wanted
            ? NotYet($"{serverNodes.Count} nodes for shards and {workerNodes.Count} of {wanted} workers are here")
            : Over([.. serverNodes.Order()], serverNodes.Count, "on nodes of their own");
    }

    /// <summary>
    /// Where shards go when nodes leave: those on other nodes stay, each of the others goes to the node that holds fewest, and to the coordinator's process where there is none. Their number stays.
    /// </summary>
    /// <param name="map">In force.</param>
    /// <param name="leaving">Nodes that are to hold nothing.</param>
    /// <param name="others">Nodes that may hold shards.</param>
    public static PlacementDecision Move(ShardMap map, IReadOnlyCollection<NodeId> leaving, IEnumerable<NodeId> others)
    {
        ArgumentNullException.ThrowIfNull(map);
        var loads = new SortedDictionary<NodeId, int>();
        foreach (var node in others.Except(leaving))
        {
            loads[node] = map.Nodes.Count(holder => holder == node);
        }

        if (loads.Count == 0)
        {
            loads[NodeId.Coordinator] = 0;
        }

        var nodes = map.Nodes.ToBuilder();
        var moves = new List<string>();
        foreach (var shard in map.Shards)
        {
            if (leaving.Contains(map.NodeOf(shard)))
            {
                var target = loads.MinBy(pair => pair.Value).Key;
                loads[target]++;
                nodes[shard.Value] = target;
                moves.Add($"{shard} moves from {map.NodeOf(shard)} to {target}");
            }
        }

        return new PlacementDecision(nodes.ToImmutable(), string.Join(", ", moves));
    }

    private static PlacementDecision Over(NodeId[] nodes, int shards, string where) =>
        new([.. Enumerable.Range(0, shards).Select(shard => nodes[shard % nodes.Length])], $"{shards} {(shards == 1 ? "shard" : "shards")} {where}");

    private static PlacementDecision NotYet(string reason) => new(null, reason);
}
