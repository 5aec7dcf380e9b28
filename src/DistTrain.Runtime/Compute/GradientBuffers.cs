using DistTrain.Actors;
using DistTrain.Learning;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// The gradient nodes that exist in this process, with a count of their holders. A worker hands its node to the shards of its own process without a copy; the parts of a node from elsewhere
/// share one buffer. A buffer is used again when the last holder lets go.
/// </summary>
internal sealed class GradientBuffers(int bufferLength)
{
    private readonly object gate = new();
    private readonly Dictionary<GradientHandle, Entry> entries = [];
    private readonly Dictionary<GradientKey, GradientHandle> received = [];
    private readonly Stack<TensorBuffer> free = new();
    private long lastHandle;

    /// <summary>Buffers made so far; stays small when holders let go in time.</summary>
    public int BufferCount { get; private set; }

    /// <summary>Nodes that exist.</summary>
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

    /// <summary>Nodes from other processes that are held, or being received.</summary>
    public int ReceivedCount { get; private set; }

    /// <summary>A new node with one holder. Its content is whatever was in the buffer before.</summary>
    public (GradientHandle Handle, TensorBuffer Buffer) Create()
    {
        lock (gate)
        {
            return Create(null);
        }
    }

    /// <summary>Room for a shard's part of a node from another process, with one holder. Parts of other shards that are here lie in the same buffer.</summary>
    public (GradientHandle Handle, TensorBuffer Buffer) Receive(GradientKey key)
    {
        var node = key with { Shard = default };
        lock (gate)
        {
            if (received.TryGetValue(node, out var handle) && entries[handle] is var entry && entry.Parts!.Add(key.Shard))
            {
                entry.Holders++;
                return (handle, entry.Buffer);
            }

            // A part that comes twice must not be written over while the first is read.
            var isFirst = !received.ContainsKey(node);
            var (own, buffer) = Create(isFirst ? node : null);
            ReceivedCount++;
            entries[own].Parts = [key.Shard];
            if (isFirst)
            {
                received.Add(node, own);
            }

            return (own, buffer);
        }
    }

    public TensorBuffer Get(GradientHandle handle)
    {
        lock (gate)
        {
            return entries[handle].Buffer;
        }
    }

    public void AddHolder(GradientHandle handle)
    {
        lock (gate)
        {
            entries[handle].Holders++;
        }
    }

    public void Release(GradientHandle handle)
    {
        lock (gate)
        {
            var entry = entries[handle];
            if (--entry.Holders > 0)
            {
                return;
            }

            entries.Remove(handle);
            free.Push(entry.Buffer);
            ReceivedCount -= entry.Parts is null ? 0 : 1;
            if (entry.Node is { } node)
            {
                received.Remove(node);
            }
        }
    }

    private (GradientHandle Handle, TensorBuffer Buffer) Create(GradientKey? node)
    {
        if (!free.TryPop(out var buffer))
        {
            BufferCount++;
            buffer = new TensorBuffer(bufferLength);
        }

        var handle = new GradientHandle(++lastHandle);
        entries.Add(handle, new Entry(buffer, node) { Holders = 1 });
        return (handle, buffer);
    }

    private sealed class Entry(TensorBuffer buffer, GradientKey? node)
    {
        public TensorBuffer Buffer => buffer;

        /// <summary>Under which further parts find it; null where none is to.</summary>
        public GradientKey? Node => node;

        /// <summary>Of a node from another process: the shards whose parts it has room for.</summary>
        public HashSet<ShardId>? Parts { get; set; }

        public int Holders { get; set; }
    }
}
