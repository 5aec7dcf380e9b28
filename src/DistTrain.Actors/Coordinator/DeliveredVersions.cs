namespace DistTrain.Actors;

/// <summary>The weight versions that the shards have delivered to the coordinator: each part is one hold. A version is whole when every shard's part has come in the same incarnation.</summary>
internal sealed class DeliveredVersions
{
    private readonly List<WeightVersion> held = [];
    private readonly SortedDictionary<WeightVersion, SortedSet<ShardId>> arriving = [];
    private readonly SortedSet<WeightVersion> whole = [];
    private readonly SortedDictionary<WeightVersion, string> hashes = [];

    /// <summary>The newest whole version; null where there is none.</summary>
    public WeightVersion? Newest => whole.Count == 0 ? null : whole.Max;

    public bool IsWhole(WeightVersion version) => whole.Contains(version);

    /// <summary>Null while it is not known.</summary>
    public string? HashOf(WeightVersion version) => hashes.GetValueOrDefault(version);

    /// <summary>Notes a part.</summary>
    /// <returns>Whether the version has just become whole.</returns>
    public bool Add(WeightsDelivered delivered, int shardCount)
    {
        held.Add(delivered.Version);
        if (!arriving.TryGetValue(delivered.Version, out var shards))
        {
            arriving[delivered.Version] = shards = [];
        }

        return shards.Add(delivered.Shard) && shards.Count == shardCount && whole.Add(delivered.Version);
    }

    public void AddHash(WeightsHashed hashed)
    {
        // It may have been dropped while its hash was computed, and come again in another incarnation.
        if (whole.Contains(hashed.Version))
        {
            hashes[hashed.Version] = hashed.Hash;
        }
    }

    /// <summary>A version that came with a checkpoint, a part for each shard.</summary>
    public void Restore(WeightVersion version, int shardCount, string hash)
    {
        held.AddRange(Enumerable.Repeat(version, shardCount));
        whole.Add(version);
        hashes[version] = hash;
    }

    /// <summary>Parts of different incarnations do not make a whole.</summary>
    public void BeginIncarnation() => arriving.Clear();

    /// <summary>Forgets all versions but some.</summary>
    /// <returns>One entry for each part that is to be let go of.</returns>
    public IReadOnlyList<WeightVersion> DropAllBut(params IReadOnlyCollection<WeightVersion?> kept)
    {
        var dropped = held.Where(version => !kept.Contains(version)).ToList();
        held.RemoveAll(version => !kept.Contains(version));
        foreach (var version in dropped.Distinct())
        {
            arriving.Remove(version);
            whole.Remove(version);
            hashes.Remove(version);
        }

        return dropped;
    }
}
