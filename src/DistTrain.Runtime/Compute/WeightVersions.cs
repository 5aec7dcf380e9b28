using DistTrain.Actors;
using DistTrain.Learning;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// The weight versions that exist in this process, with a count of their holders. The workers of one process read the server's own buffers: nothing is copied. A buffer
/// is used again only when no actor holds its version and no computation reads it, so a late computation never sees half-written weights.
/// </summary>
internal sealed class WeightVersions(int bufferLength)
{
    private readonly object gate = new();
    private readonly Dictionary<WeightVersion, Entry> entries = [];
    private readonly Stack<TensorBuffer> free = new();

    /// <summary>Buffers made so far; stays small when versions are dropped in time.</summary>
    public int BufferCount { get; private set; }

    /// <summary>A buffer to write a new version into; nobody reads it before <see cref="Publish"/> names it.</summary>
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

    /// <summary>Makes the buffer a version, with one holder: the server.</summary>
    public void Publish(WeightVersion version, TensorBuffer buffer)
    {
        lock (gate)
        {
            entries.Add(version, new Entry(buffer) { Users = 1 });
        }
    }

    public void AddHolder(WeightVersion version)
    {
        lock (gate)
        {
            Find(version).Users++;
        }
    }

    public void Release(WeightVersion version)
    {
        lock (gate)
        {
            LetGo(version, Find(version));
        }
    }

    /// <summary>Reads a version. It stays as it is until the lease is disposed.</summary>
    public Lease Read(WeightVersion version)
    {
        lock (gate)
        {
            var entry = Find(version);
            entry.Users++;
            return new Lease(this, version, entry);
        }
    }

    private Entry Find(WeightVersion version) => entries.TryGetValue(version, out var entry)
        ? entry
        : throw new InvalidOperationException($"weight version {version} is not held: held are {string.Join(", ", entries.Keys.Order())}");

    private void LetGo(WeightVersion version, Entry entry)
    {
        if (--entry.Users == 0)
        {
            entries.Remove(version);
            free.Push(entry.Buffer);
        }
    }

    internal sealed class Entry(TensorBuffer buffer)
    {
        public TensorBuffer Buffer => buffer;

        /// <summary>Actors that hold the version, and computations that read it.</summary>
        public int Users { get; set; }
    }

    /// <summary>The right to read one version's buffer.</summary>
    internal readonly struct Lease(WeightVersions owner, WeightVersion version, Entry entry) : IDisposable
    {
        public TensorBuffer Weights => entry.Buffer;

        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.LetGo(version, entry);
            }
        }
    }
}
