using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>Copies of matrix parts into the order in which the kernels read them. Nothing is computed here.</summary>
internal static unsafe class Packing
{
    /// <summary>destination [depth, width] = source [depth, columns] by stride; columns beyond the source are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyPanel(float* source, nint stride, int depth, int columns, int width, float* destination)
    {
        int whole = columns & ~7;
        for (int step = 0; step < depth; step++)
        {
            int column = 0;
            for (; column < whole; column += 8)
            {
                Vector256.Store(Vector256.Load(source + column), destination + column);
            }

            for (; column < width; column++)
            {
                destination[column] = column < columns ? source[column] : 0f;
            }

            source += stride;
            destination += width;
        }
    }

    /// <summary>destination [depth, width] = the transpose of source [columns, depth] by stride; columns beyond the source are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposePanel(float* source, nint stride, int depth, int columns, int width, float* destination)
    {
        if (columns < width)
        {
            new Span<float>(destination, depth * width).Clear();
        }

        int blockedColumns = Sse.IsSupported ? columns & ~3 : 0;
        int blockedDepth = depth & ~3;
        for (int step = 0; step < blockedDepth; step += 4)
        {
            float* target = destination + ((nint)step * width);
            for (int column = 0; column < blockedColumns; column += 4)
            {
                TransposeBlock(source + (column * stride) + step, stride, target + column, width);
            }
        }

        TransposeElements(source, stride, blockedColumns, blockedDepth, depth, width, destination);
        TransposeElements(source + (blockedColumns * stride), stride, columns - blockedColumns, 0, depth, width, destination + blockedColumns);
    }

    /// <summary>Rows of A one after the other, <see cref="GemmWorkspace.PackedAPadding"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows(float* source, nint stride, int rows, int depth, float* destination)
    {
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(source + (row * stride), depth).CopyTo(new Span<float>(destination + (row * (depth + GemmWorkspace.PackedAPadding)), depth));
        }
    }

    /// <summary>destination [rows, columns] by stride = source [rows, columns] by stride.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyTile(float* source, nint sourceStride, int rows, int columns, float* destination, nint destinationStride)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                destination[column] = source[column];
            }

            source += sourceStride;
            destination += destinationStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeElements(float* source, nint stride, int columns, int firstStep, int depth, int width, float* destination)
    {
        for (int column = 0; column < columns; column++)
        {
            for (int step = firstStep; step < depth; step++)
            {
                destination[((nint)step * width) + column] = source[(column * stride) + step];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeBlock(float* source, nint stride, float* destination, nint width)
    {
        Vector128<float> row0 = Vector128.Load(source);
        Vector128<float> row1 = Vector128.Load(source + stride);
        Vector128<float> row2 = Vector128.Load(source + (2 * stride));
        Vector128<float> row3 = Vector128.Load(source + (3 * stride));
        Vector128<float> low01 = Sse.UnpackLow(row0, row1);
        Vector128<float> high01 = Sse.UnpackHigh(row0, row1);
        Vector128<float> low23 = Sse.UnpackLow(row2, row3);
        Vector128<float> high23 = Sse.UnpackHigh(row2, row3);
        Vector128.Store(Sse.MoveLowToHigh(low01, low23), destination);
        Vector128.Store(Sse.MoveHighToLow(low23, low01), destination + width);
        Vector128.Store(Sse.MoveLowToHigh(high01, high23), destination + (2 * width));
        Vector128.Store(Sse.MoveHighToLow(high23, high01), destination + (3 * width));
    }
}
