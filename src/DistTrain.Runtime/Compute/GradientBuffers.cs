using DistTrain.Actors;
using DistTrain.Learning;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// The gradient nodes that exist in this process, with a count of their holders. A worker hands its node to the server without a copy; the buffer is used again when the
/// last holder lets go.
/// </summary>
internal sealed class GradientBuffers(int bufferLength)
{
    private readonly object gate = new();
    private readonly Dictionary<GradientHandle, Entry> entries = [];
    private readonly Stack<TensorBuffer> free = new();
    private long lastHandle;

    /// <summary>Buffers made so far; stays small when holders let go in time.</summary>
    public int BufferCount { get; private set; }

    /// <summary>A new node with one holder. Its content is whatever was in the buffer before.</summary>
    public (GradientHandle Handle, TensorBuffer Buffer) Create()
    {
        lock (gate)
        {
            if (!free.TryPop(out var buffer))
            {
                BufferCount++;
                buffer = new TensorBuffer(bufferLength);
            }

            var handle = new GradientHandle(++lastHandle);
            entries.Add(handle, new Entry(buffer) { Holders = 1 });
            return (handle, buffer);
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
            if (--entry.Holders == 0)
            {
                entries.Remove(handle);
                free.Push(entry.Buffer);
            }
        }
    }

    private sealed class Entry(TensorBuffer buffer)
    {
        public TensorBuffer Buffer => buffer;

        public int Holders { get; set; }
    }
}
