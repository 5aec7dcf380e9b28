using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>Applies a function to every element; the last, incomplete vector works on copies. Source and destination may be the same.</summary>
internal static unsafe class ElementwiseLoop<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private const int WidestVector = 16;

    /// <summary>destination[i] = f(x[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unary<TFunction>(float* x, float* destination, nint count)
        where TFunction : struct, IUnaryFunction<TOps, TVector>
    {
        nint i = 0;
        for (; i <= count - TOps.Width; i += TOps.Width)
        {
            TOps.Store(TFunction.Invoke(TOps.Load(x + i)), destination + i);
        }

        if (i < count)
        {
            float* tail = stackalloc float[WidestVector];
            Copy(x + i, tail, count - i);
            TOps.Store(TFunction.Invoke(TOps.Load(tail)), tail);
            Copy(tail, destination + i, count - i);
        }
    }

    /// <summary>destination[i] = f(x[i], y[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Binary<TFunction>(float* x, float* y, float* destination, nint count)
        where TFunction : struct, IBinaryFunction<TOps, TVector>
    {
        nint i = 0;
        for (; i <= count - TOps.Width; i += TOps.Width)
        {
            TOps.Store(TFunction.Invoke(TOps.Load(x + i), TOps.Load(y + i)), destination + i);
        }

        if (i < count)
        {
            float* tail = stackalloc float[2 * WidestVector];
            Copy(x + i, tail, count - i);
            Copy(y + i, tail + WidestVector, count - i);
            TOps.Store(TFunction.Invoke(TOps.Load(tail), TOps.Load(tail + WidestVector)), tail);
            Copy(tail, destination + i, count - i);
        }
    }

    private static void Copy(float* source, float* destination, nint count)
    {
        for (nint i = 0; i < count; i++)
        {
            destination[i] = source[i];
        }
    }
}
