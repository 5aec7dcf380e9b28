using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Operations;
using DistTrain.Learning;

namespace DistTrain.Engines.Simd;

internal static unsafe class Pointers
{
    /// <summary>The first element of a buffer; valid as long as the buffer is referenced, because it is pinned.</summary>
    public static float* Of(TensorBuffer buffer) => (float*)Unsafe.AsPointer(ref buffer.First);

    /// <summary>The first element of a buffer of a program that is allocated.</summary>
    public static float* Of(PlannedBuffer buffer) => buffer.Pointer;

    public static void Copy(float* source, float* destination, nint count) =>
        Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));
}
