using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>A weight version for good: numbers repeat in another incarnation.</summary>
internal readonly record struct VersionKey(Incarnation Incarnation, WeightVersion Version) : IComparable<VersionKey>
{
    /// <summary>By incarnation, then by version.</summary>
    public int CompareTo(VersionKey other) => Incarnation != other.Incarnation ? Incarnation.CompareTo(other.Incarnation) : Version.CompareTo(other.Version);

    public override string ToString() => $"{Version} of incarnation {Incarnation}";
}

/// <summary>
/// The weight versions that exist in this process, each in one flat buffer that all its actors share: shards that live here write their parts into it, those of other shards are received
/// into it, and workers read it when every part is there. Holders, readers and writers are counted. A buffer is used again only when there is none, so a late computation never sees
/// half-written weights.
/// </summary>
internal sealed class WeightVersions(int bufferLength)
{
    private readonly object gate = new();
    private readonly Dictionary<VersionKey, Entry> entries = [];
    private readonly Stack<TensorBuffer> free = new();

    /// <summary>Buffers made so far; stays small when versions are dropped in time.</summary>
    public int BufferCount { get; private set; }

    /// <summary>Versions that exist, whole or not.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>Whether every shard's part is there.</summary>
    public bool IsWhole(VersionKey key, int shardCount)
    {
        lock (gate)
        {
            return entries.TryGetValue(key, out var entry) && entry.Written.Count == shardCount;
        }
    }

    public bool Exists(VersionKey key)
    {
        lock (gate)
        {
            return entries.ContainsKey(key);
        }
    }

    /// <summary>Makes the caller a user of the version, which begins to exist if it does not, and lets it write a part that nobody has written.</summary>
    /// <returns>The buffer to write the part into; null where the part is there, or is being written by another.</returns>
    public TensorBuffer? BeginWriting(VersionKey key, ShardId shard)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(key, out var entry))
            {
                entries.Add(key, entry = new Entry(TakeBuffer()));
            }

            entry.Users++;
            return !entry.Written.Contains(shard) && entry.Writing.Add(shard) ? entry.Buffer : null;
        }
    }

    /// <summary>Writes a shard's part of a version; the caller becomes its holder.</summary>
    /// <param name="whole">Flat weights of the version.</param>
    /// <exception cref="InvalidOperationException">The part is there already.</exception>
    public void Write(VersionKey key, ShardCut cut, ShardId shard, TensorBuffer whole)
    {
        var buffer = BeginWriting(key, shard) ?? throw new InvalidOperationException($"{shard} makes weight version {key} a second time");
        foreach (var segment in cut.SegmentsOf(shard.Value))
        {
            whole.Span.Slice(segment.Offset, segment.Length).CopyTo(buffer.Span[segment.Offset..]);
        }

        EndWriting(key, shard);
    }

    /// <summary>The part is written; its writer is a holder from now on.</summary>
    public void EndWriting(VersionKey key, ShardId shard)
    {
        lock (gate)
        {
            var entry = Find(key);
            entry.Writing.Remove(shard);
            entry.Written.Add(shard);
        }
    }

    /// <summary>The part will not be written; its writer is no user any more.</summary>
    public void AbandonWriting(VersionKey key, ShardId shard)
    {
        lock (gate)
        {
            var entry = Find(key);
            entry.Writing.Remove(shard);
            LetGo(key, entry);
        }
    }

    /// <summary>For a user that has the part elsewhere: the buffer, where the part is still not there; otherwise null.</summary>
    public TensorBuffer? Lacking(VersionKey key, ShardId shard)
    {
        lock (gate)
        {
            var entry = Find(key);
            return entry.Written.Contains(shard) ? null : entry.Buffer;
        }
    }

    public void AddHolder(VersionKey key)
    {
        lock (gate)
        {
            Find(key).Users++;
        }
    }

    public void Release(VersionKey key)
    {
        lock (gate)
        {
            LetGo(key, Find(key));
        }
    }

    /// <summary>Reads a shard's part of a version. It stays as it is until the lease is disposed.</summary>
    public Lease Read(VersionKey key, ShardId shard)
    {
        lock (gate)
        {
            return Read(key, Find(key), entry => entry.Written.Contains(shard), shard.ToString());
        }
    }

    /// <summary>Reads a version of which every shard's part is here. It stays as it is until the lease is disposed.</summary>
    public Lease ReadWhole(VersionKey key, int shardCount)
    {
        lock (gate)
        {
            return Read(key, Find(key), entry => entry.Written.Count == shardCount, "some shards");
        }
    }

    private Lease Read(VersionKey key, Entry entry, Predicate<Entry> isThere, string what)
    {
        if (!isThere(entry))
        {
            throw new InvalidOperationException($"weight version {key} is here without the part of {what}");
        }

        entry.Users++;
        return new Lease(this, key, entry);
    }

    private Entry Find(VersionKey key) => entries.TryGetValue(key, out var entry)
        ? entry
        : throw new InvalidOperationException($"weight version {key} is not held: held are {string.Join(", ", entries.Keys.Order())}");

    private TensorBuffer TakeBuffer()
    {
        if (free.TryPop(out var buffer))
        {
            return buffer;
        }

        BufferCount++;
        return new TensorBuffer(bufferLength);
    }

    private void LetGo(VersionKey key, Entry entry)
    {
        if (--entry.Users == 0)
        {
            entries.Remove(key);
            free.Push(entry.Buffer);
        }
    }

    internal sealed class Entry(TensorBuffer buffer)
    {
        public TensorBuffer Buffer => buffer;

        public HashSet<ShardId> Writing { get; } = [];

        public HashSet<ShardId> Written { get; } = [];

        /// <summary>Actors that hold the version or a part of it (as often as they hold it), and whoever reads or writes it.</summary>
        public int Users { get; set; }
    }

    /// <summary>The right to read one version's buffer.</summary>
    internal readonly struct Lease(WeightVersions owner, VersionKey key, Entry entry) : IDisposable
    {
        public TensorBuffer Weights => entry.Buffer;

        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.LetGo(key, entry);
            }
        }
    }
}
