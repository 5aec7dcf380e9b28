using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Images;

/// <summary>
/// Sparse combinations of rows: for each item i, destination row i += Σ values[e] · source row at offsets[e], over the entries e of the item in order. A row is a few vectors.
/// Both backward products of a convolution have this form, with the outputs' gradients that are not zero as the values.
/// </summary>
internal unsafe struct SparseRowsArguments
{
    public float* Source;

    /// <summary>From a vector of a source row to the next, in bytes; read by the strided kernels only.</summary>
    public nint SourceVectorStrideBytes;

    public float* Destination;

    /// <summary>From a vector of a destination row to the next, in elements.</summary>
    public nint DestinationVectorStride;

    /// <summary>From an item to the next, in elements.</summary>
    public nint DestinationStride;

    public float* Values;

    /// <summary>[entries] in elements.</summary>
    public int* Offsets;

    /// <summary>[items + 1] the first entry of each item, then the end.</summary>
    public int* Starts;

    public int ItemCount;
}

/// <summary>The kernel for rows of <typeparamref name="TCount"/> vectors, which stay in registers while an item's entries run; contiguous in the source unless <typeparamref name="TStrided"/>.</summary>
internal static unsafe class SparseRows<TOps, TVector, TCount, TStrided>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TCount : struct, IRowCount
    where TStrided : struct, ISwitch
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(SparseRowsArguments* arguments)
    {
        nint stride = arguments->SourceVectorStrideBytes;
        nint stride3 = stride * 3;
        nint stride5 = stride * 5;
        byte* source = (byte*)arguments->Source;
        float* values = arguments->Values;
        int* offsets = arguments->Offsets;
        int* starts = arguments->Starts;
        float* destination = arguments->Destination;
        nint next = arguments->DestinationVectorStride;
        for (int item = arguments->ItemCount; item != 0; item--)
        {
            nint entry = *starts++;
            nint end = *starts;
            if (entry != end)
            {
                TVector zero = TOps.Broadcast(0f);
                TVector c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero;
                TVector c6 = zero, c7 = zero, c8 = zero, c9 = zero, c10 = zero, c11 = zero;
                c0 = TOps.Load(destination);

                if (TCount.Count > 1)
                {
                    c1 = TOps.Load(destination + (1 * next));
                }

                if (TCount.Count > 2)
                {
                    c2 = TOps.Load(destination + (2 * next));
                }

                if (TCount.Count > 3)
                {
                    c3 = TOps.Load(destination + (3 * next));
                }

                if (TCount.Count > 4)
                {
                    c4 = TOps.Load(destination + (4 * next));
                }

                if (TCount.Count > 5)
                {
                    c5 = TOps.Load(destination + (5 * next));
                }

                if (TCount.Count > 6)
                {
                    c6 = TOps.Load(destination + (6 * next));
                }

                if (TCount.Count > 7)
                {
                    c7 = TOps.Load(destination + (7 * next));
                }

                if (TCount.Count > 8)
                {
                    c8 = TOps.Load(destination + (8 * next));
                }

                if (TCount.Count > 9)
                {
                    c9 = TOps.Load(destination + (9 * next));
                }

                if (TCount.Count > 10)
                {
                    c10 = TOps.Load(destination + (10 * next));
                }

                if (TCount.Count > 11)
                {
                    c11 = TOps.Load(destination + (11 * next));
                }

                do
                {
                    TVector value = TOps.Broadcast(values[entry]);
                    byte* row = source + ((nint)offsets[entry] * sizeof(float));
                    byte* row5 = row + stride5;
                    c0 = TOps.FusedMultiplyAdd(value, TOps.Load((float*)row), c0);

                    if (TCount.Count > 1)
                    {
                        c1 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row + stride) : (float*)row + (1 * TOps.Width)), c1);
                    }

                    if (TCount.Count > 2)
                    {
                        c2 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row + (stride * 2)) : (float*)row + (2 * TOps.Width)), c2);
                    }

                    if (TCount.Count > 3)
                    {
                        c3 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row + stride3) : (float*)row + (3 * TOps.Width)), c3);
                    }

                    if (TCount.Count > 4)
                    {
                        c4 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row + (stride * 4)) : (float*)row + (4 * TOps.Width)), c4);
                    }

                    if (TCount.Count > 5)
                    {
                        c5 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row5) : (float*)row + (5 * TOps.Width)), c5);
                    }

                    if (TCount.Count > 6)
                    {
                        c6 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row + (stride3 * 2)) : (float*)row + (6 * TOps.Width)), c6);
                    }

                    if (TCount.Count > 7)
                    {
                        c7 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row5 + (stride * 2)) : (float*)row + (7 * TOps.Width)), c7);
                    }

                    if (TCount.Count > 8)
                    {
                        c8 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row + (stride * 8)) : (float*)row + (8 * TOps.Width)), c8);
                    }

                    if (TCount.Count > 9)
                    {
                        c9 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row5 + (stride * 4)) : (float*)row + (9 * TOps.Width)), c9);
                    }

                    if (TCount.Count > 10)
                    {
                        c10 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row + (stride5 * 2)) : (float*)row + (10 * TOps.Width)), c10);
                    }

                    if (TCount.Count > 11)
                    {
                        c11 = TOps.FusedMultiplyAdd(value, TOps.Load(TStrided.IsOn ? (float*)(row5 + (stride3 * 2)) : (float*)row + (11 * TOps.Width)), c11);
                    }

                    entry++;
                }
                while (entry != end);

                TOps.Store(c0, destination);

                if (TCount.Count > 1)
                {
                    TOps.Store(c1, destination + (1 * next));
                }

                if (TCount.Count > 2)
                {
                    TOps.Store(c2, destination + (2 * next));
                }

                if (TCount.Count > 3)
                {
                    TOps.Store(c3, destination + (3 * next));
                }

                if (TCount.Count > 4)
                {
                    TOps.Store(c4, destination + (4 * next));
                }

                if (TCount.Count > 5)
                {
                    TOps.Store(c5, destination + (5 * next));
                }

                if (TCount.Count > 6)
                {
                    TOps.Store(c6, destination + (6 * next));
                }

                if (TCount.Count > 7)
                {
                    TOps.Store(c7, destination + (7 * next));
                }

                if (TCount.Count > 8)
                {
                    TOps.Store(c8, destination + (8 * next));
                }

                if (TCount.Count > 9)
                {
                    TOps.Store(c9, destination + (9 * next));
                }

                if (TCount.Count > 10)
                {
                    TOps.Store(c10, destination + (10 * next));
                }

                if (TCount.Count > 11)
                {
                    TOps.Store(c11, destination + (11 * next));
                }
            }

            destination += arguments->DestinationStride;
        }
    }
}

/// <summary>The kernels by their number of vectors. Each is compiled when it is first called.</summary>
internal static unsafe class SparseRowsKernels<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>The most vectors of a row.</summary>
    public const int MaximumCount = 12;

    public static delegate*<SparseRowsArguments*, void> Contiguous(int vectors) => vectors switch
    {
        1 => &SparseRows<TOps, TVector, Rows1, Off>.Run,
        2 => &SparseRows<TOps, TVector, Rows2, Off>.Run,
        3 => &SparseRows<TOps, TVector, Rows3, Off>.Run,
        4 => &SparseRows<TOps, TVector, Rows4, Off>.Run,
        5 => &SparseRows<TOps, TVector, Rows5, Off>.Run,
        6 => &SparseRows<TOps, TVector, Rows6, Off>.Run,
        7 => &SparseRows<TOps, TVector, Rows7, Off>.Run,
        8 => &SparseRows<TOps, TVector, Rows8, Off>.Run,
        9 => &SparseRows<TOps, TVector, Rows9, Off>.Run,
        10 => &SparseRows<TOps, TVector, Rows10, Off>.Run,
        11 => &SparseRows<TOps, TVector, Rows11, Off>.Run,
        _ => &SparseRows<TOps, TVector, Rows12, Off>.Run,
    };

    public static delegate*<SparseRowsArguments*, void> Strided(int vectors) => vectors switch
    {
        1 => &SparseRows<TOps, TVector, Rows1, On>.Run,
        2 => &SparseRows<TOps, TVector, Rows2, On>.Run,
        3 => &SparseRows<TOps, TVector, Rows3, On>.Run,
        4 => &SparseRows<TOps, TVector, Rows4, On>.Run,
        5 => &SparseRows<TOps, TVector, Rows5, On>.Run,
        6 => &SparseRows<TOps, TVector, Rows6, On>.Run,
        7 => &SparseRows<TOps, TVector, Rows7, On>.Run,
        8 => &SparseRows<TOps, TVector, Rows8, On>.Run,
        9 => &SparseRows<TOps, TVector, Rows9, On>.Run,
        10 => &SparseRows<TOps, TVector, Rows10, On>.Run,
        11 => &SparseRows<TOps, TVector, Rows11, On>.Run,
        _ => &SparseRows<TOps, TVector, Rows12, On>.Run,
    };
}
