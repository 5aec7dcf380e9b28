namespace DistTrain.Actors;

/// <summary>The weight versions that a worker holds: a version is whole when every shard has published it.</summary>
internal sealed class HeldVersions
{
    private readonly SortedDictionary<WeightVersion, SortedSet<ShardId>> arriving = [];
    private readonly SortedSet<WeightVersion> whole = [];

    /// <summary>What each shard has published last of its own accord: it is past all versions below.</summary>
    private readonly SortedDictionary<ShardId, WeightVersion> newestOf = [];

    /// <summary>The highest of <see cref="newestOf"/>: asked at every message, so that a worker of a thousand shards does not look at all of them a thousand times a step.</summary>
    private WeightVersion newestOfAny;

    public IReadOnlySet<WeightVersion> Whole => whole;

    /// <summary>The newest version that is whole; null before the first.</summary>
    public WeightVersion? Newest => whole.Count == 0 ? null : whole.Max;

    /// <summary>Notes a shard's part.</summary>
    /// <returns>Whether the version has just become whole.</returns>
    public bool Add(WeightVersion version, ShardId shard, int shardCount)
    {
        newestOf[shard] = newestOf.TryGetValue(shard, out var before) && before > version ? before : version;
        newestOfAny = version > newestOfAny ? version : newestOfAny;
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

    /// <summary>The shards whose part of a version is not here and does not come by itself, because they are past it.</summary>
    public IEnumerable<ShardId> PastAndMissing(WeightVersion version) => version >= newestOfAny || whole.Contains(version)
        ? []
        : newestOf.Where(pair => pair.Value > version && !(arriving.TryGetValue(version, out var shards) && shards.Contains(pair.Key))).Select(pair => pair.Key);

    /// <summary>Forgets everything below the newest whole version that nobody needs.</summary>
    /// <returns>What was forgotten, in order.</returns>
    public IReadOnlyList<WeightVersion> DropAllBut(IReadOnlySet<WeightVersion> needed)
    {
        var dropped = whole.Union(arriving.Keys).Where(version => version < Newest && !needed.Contains(version)).Order().ToList();
        whole.ExceptWith(dropped);
        dropped.ForEach(version => arriving.Remove(version));
        return dropped;
    }

    /// <summary>Forgets everything.</summary>
    /// <returns>Every version of which anything was held, in order.</returns>
    public IReadOnlyList<WeightVersion> DropAll()
    {
        var dropped = whole.Union(arriving.Keys).Order().ToList();
        whole.Clear();
        arriving.Clear();
        newestOf.Clear();
        newestOfAny = default;
        return dropped;
    }
}
