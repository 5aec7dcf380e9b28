using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Where the parameter server's shards live.</summary>
public enum ShardPlacement
{
    /// <summary>In the coordinator's process: workers may come and go as they like.</summary>
    Central,

    /// <summary>On the workers' nodes, one each: the traffic of an all-reduce.</summary>
    Workers,

    /// <summary>On nodes of their own.</summary>
    Servers,
}

/// <summary>Which node holds which shard. A new version comes into force between two steps only, together with a new incarnation.</summary>
/// <param name="Version">From 1 on.</param>
/// <param name="Nodes">[shards] the node that holds each; a node may hold several.</param>
public sealed record ShardMap(long Version, ImmutableArray<NodeId> Nodes)
{
    public int ShardCount => Nodes.Length;

    public IEnumerable<ShardId> Shards => Enumerable.Range(0, ShardCount).Select(shard => new ShardId(shard));

    public NodeId NodeOf(ShardId shard) => Nodes[shard.Value];

    public bool Equals(ShardMap? other) => other is not null && Version == other.Version && Nodes.AsSpan().SequenceEqual(other.Nodes.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Version, Nodes.Length);

    public override string ToString() => $"map {Version}: {string.Join(", ", Shards.Select(shard => $"{shard} on {NodeOf(shard)}"))}";
}
