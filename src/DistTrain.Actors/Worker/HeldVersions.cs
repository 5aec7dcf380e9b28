namespace DistTrain.Actors;

/// <summary>The weight versions that a worker holds: a version is whole when every shard has published it.</summary>
internal sealed class HeldVersions
{
    private readonly SortedDictionary<WeightVersion, SortedSet<ShardId>> arriving = [];
    private readonly SortedSet<WeightVersion> whole = [];

    public IReadOnlySet<WeightVersion> Whole => whole;

    /// <summary>The newest version that is whole; null before the first.</summary>
    public WeightVersion? Newest => whole.Count == 0 ? null : whole.Max;

    /// <summary>Notes a shard's part.</summary>
    /// <returns>Whether the version has just become whole.</returns>
    public bool Add(WeightVersion version, ShardId shard, int shardCount)
    {
        if (whole.Contains(version))
        {
            return false;
        }

        if (!arriving.TryGetValue(version, out var shards))
        {
            arriving[version] = shards = [];
        }

        shards.Add(shard);
        if (shards.Count < shardCount)
        {
            return false;
        }

        arriving.Remove(version);
        whole.Add(version);
        return true;
    }

    /// <summary>Forgets every whole version below the newest that nobody needs.</summary>
    /// <returns>What was forgotten, in order.</returns>
    public IReadOnlyList<WeightVersion> DropAllBut(IReadOnlySet<WeightVersion> needed)
    {
        var dropped = whole.Where(version => version != Newest && !needed.Contains(version)).ToList();
        whole.ExceptWith(dropped);
        return dropped;
    }

    /// <summary>Forgets everything.</summary>
    /// <returns>Every version of which anything was held, in order.</returns>
    public IReadOnlyList<WeightVersion> DropAll()
    {
        var dropped = whole.Union(arriving.Keys).Order().ToList();
        whole.Clear();
        arriving.Clear();
        return dropped;
    }
}
