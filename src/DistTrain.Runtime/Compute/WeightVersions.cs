using DistTrain.Learning;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// The weight versions that exist in this process. The workers of one process read the server's own buffers: nothing is copied. A buffer is used again only when its
/// version has been dropped and nobody reads it any more, so a late computation never sees half-written weights.
/// </summary>
internal sealed class WeightVersions(int bufferLength)
{
    private readonly object gate = new();
    private readonly Dictionary<long, Entry> entries = [];
    private readonly Stack<TensorBuffer> free = new();

    /// <summary>Buffers made so far; stays small when versions are dropped in time.</summary>
    public int BufferCount { get; private set; }

    /// <summary>A buffer to write a new version into. It can be read once <see cref="Publish"/> names it.</summary>
    public TensorBuffer Take()
    {
        lock (gate)
        {
            if (free.TryPop(out var buffer))
            {
                return buffer;
            }

            BufferCount++;
            return new TensorBuffer(bufferLength);
        }
    }

    public void Publish(long version, TensorBuffer buffer)
    {
        lock (gate)
        {
            entries.Add(version, new Entry(buffer));
        }
    }

    /// <summary>Reads a version. It stays as it is until the lease is disposed.</summary>
    /// <exception cref="InvalidOperationException">The version does not exist: a computation was asked for that the protocol rules out.</exception>
    public Lease Read(long version)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(version, out var entry))
            {
                throw new InvalidOperationException($"weight version {version} is not held: held are {string.Join(", ", entries.Keys.Order())}");
            }

            entry.Readers++;
            return new Lease(this, version, entry);
        }
    }

    public void Drop(long version)
    {
        lock (gate)
        {
            if (entries.Remove(version, out var entry))
            {
                entry.Dropped = true;
                Recycle(entry);
            }
        }
    }

    private void Recycle(Entry entry)
    {
        if (entry is { Dropped: true, Readers: 0 })
        {
            free.Push(entry.Buffer);
        }
    }

    internal sealed class Entry(TensorBuffer buffer)
    {
        public TensorBuffer Buffer { get; } = buffer;

        public int Readers { get; set; }

        public bool Dropped { get; set; }
    }

    /// <summary>The right to read one version's buffer.</summary>
    internal readonly struct Lease(WeightVersions owner, long version, Entry entry) : IDisposable
    {
        public long Version => version;

        public TensorBuffer Weights => entry.Buffer;

        public void Dispose()
        {
            lock (owner.gate)
            {
                entry.Readers--;
                owner.Recycle(entry);
            }
        }
    }
}
