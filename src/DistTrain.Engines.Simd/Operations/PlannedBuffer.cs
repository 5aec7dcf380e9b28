using DistTrain.Learning;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>A block of float32 that a plan needs: known by its length until <see cref="ProgramMemory.Allocate"/>, so that a program can be measured without being made.</summary>
internal sealed unsafe class PlannedBuffer(long length)
{
    private TensorBuffer? buffer;

    /// <summary>Number of elements.</summary>
    public long Length { get; } = length;

    /// <summary>The first element; only after allocation.</summary>
    public float* Pointer => Pointers.Of(buffer!);

    /// <exception cref="OverflowException">It is longer than a buffer can be.</exception>
    public void Allocate() => buffer = new TensorBuffer(checked((int)Length));
}
