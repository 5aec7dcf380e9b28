using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DistTrain.Learning;

/// <summary>
/// A block of float32 on the pinned heap whose first element lies on a 64-byte boundary, so that vector loads of any width do not split
/// a cache line. It never moves and needs no disposal. New buffers are zero.
/// </summary>
public sealed class TensorBuffer
{
    private const int AlignmentBytes = 64;
    private readonly float[] block;
    private readonly int start;

    /// <param name="length">Number of elements, at least 0.</param>
    public TensorBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        block = GC.AllocateArray<float>(length + (AlignmentBytes / sizeof(float)), pinned: true);
        var misalignment = (int)(Address(block) % AlignmentBytes);
        start = misalignment == 0 ? 0 : (AlignmentBytes - misalignment) / sizeof(float);
        Length = length;
    }

    public int Length { get; }

    public Span<float> Span => block.AsSpan(start, Length);

    public Memory<float> Memory => block.AsMemory(start, Length);

    /// <summary>The first element; the buffer never moves, so a pointer made of it stays valid as long as the buffer is referenced.</summary>
    public ref float First => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(block), start);

    private static ulong Address(float[] pinned) => (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}
