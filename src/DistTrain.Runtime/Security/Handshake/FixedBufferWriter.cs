using System.Buffers;

namespace DistTrain.Runtime.Security.Handshake;

/// <summary>Writes into memory that does not grow.</summary>
internal sealed class FixedBufferWriter(Memory<byte> memory) : IBufferWriter<byte>
{
    public int Written { get; private set; }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, memory.Length - Written);
        Written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) =>
        sizeHint <= memory.Length - Written ? memory[Written..] : throw new InvalidOperationException("a frame of ours is longer than its buffer");

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Clear() => Written = 0;
}
