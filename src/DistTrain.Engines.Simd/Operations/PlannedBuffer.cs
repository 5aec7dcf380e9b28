using DistTrain.Learning;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>A block of float32 that a plan needs: known by its length until <see cref="ProgramMemory.Allocate"/>, so that a program can be measured without being made.</summary>
internal sealed unsafe class PlannedBuffer(long length)
{
    /// <summary>Number of elements.</summary>
    public long Length { get; } = length;

    /// <summary>Where it lies; others may lie there too, at other times.</summary>
    public BufferSlot Slot { get; set; } = new BufferSlot { Length = length };

    /// <summary>The first element; only after allocation.</summary>
    public float* Pointer => Pointers.Of(Slot.Buffer!);
}

/// <summary>Memory for buffers that are never in use at the same time.</summary>
internal sealed class BufferSlot
{
    /// <summary>Number of elements: those of the longest buffer that lies here.</summary>
    public long Length { get; set; }

    public TensorBuffer? Buffer { get; private set; }

    /// <exception cref="OverflowException">It is longer than a buffer can be.</exception>
    public void Allocate() => Buffer = new TensorBuffer(checked((int)Length));
}
