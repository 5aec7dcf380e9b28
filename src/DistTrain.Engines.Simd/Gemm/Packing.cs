using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>Copies of matrix parts into the order in which the kernels read them. Nothing is computed here.</summary>
internal static unsafe class Packing
{
    /// <summary>Rows and columns that are transposed in registers.</summary>
    private const int BlockSize = 8;

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

        Transpose(source, stride, depth, columns, destination, width);
    }

    /// <summary>destination [depth, columns] by stride = the transpose of source [columns, depth] by stride.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint stride, int depth, int columns, float* destination, nint destinationStride)
    {
        int blockedColumns = Avx.IsSupported ? columns & ~(BlockSize - 1) : 0;
        int blockedDepth = depth & ~(BlockSize - 1);
        for (int step = 0; step < blockedDepth; step += BlockSize)
        {
            float* target = destination + (step * destinationStride);
            for (int column = 0; column < blockedColumns; column += BlockSize)
            {
                TransposeBlock(source + (column * stride) + step, stride, target + column, destinationStride);
            }
        }

        TransposeElements(source, stride, blockedColumns, blockedDepth, depth, destinationStride, destination);
        TransposeElements(source + (blockedColumns * stride), stride, columns - blockedColumns, 0, depth, destinationStride, destination + blockedColumns);
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
    private static void TransposeElements(float* source, nint stride, int columns, int firstStep, int depth, nint destinationStride, float* destination)
    {
        for (int column = 0; column < columns; column++)
        {
            for (int step = firstStep; step < depth; step++)
            {
                destination[(step * destinationStride) + column] = source[(column * stride) + step];
            }
        }
    }

    /// <summary>Eight rows of eight: pairs of rows, then fours, then the halves of the vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeBlock(float* source, nint stride, float* destination, nint width)
    {
        float* lower = source + (4 * stride);
        float* bottom = destination + (4 * width);
        (Vector256<float> low0, Vector256<float> low1, Vector256<float> low2, Vector256<float> low3) = TransposeFours(source, stride);
        (Vector256<float> high0, Vector256<float> high1, Vector256<float> high2, Vector256<float> high3) = TransposeFours(lower, stride);
        Vector256.Store(Avx.Permute2x128(low0, high0, 0x20), destination);
        Vector256.Store(Avx.Permute2x128(low1, high1, 0x20), destination + width);
        Vector256.Store(Avx.Permute2x128(low2, high2, 0x20), destination + (2 * width));
        Vector256.Store(Avx.Permute2x128(low3, high3, 0x20), destination + (3 * width));
        Vector256.Store(Avx.Permute2x128(low0, high0, 0x31), bottom);
        Vector256.Store(Avx.Permute2x128(low1, high1, 0x31), bottom + width);
        Vector256.Store(Avx.Permute2x128(low2, high2, 0x31), bottom + (2 * width));
        Vector256.Store(Avx.Permute2x128(low3, high3, 0x31), bottom + (3 * width));
    }

    /// <summary>Four rows of eight: in each half of a result the elements of one column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float>, Vector256<float>, Vector256<float>, Vector256<float>) TransposeFours(float* source, nint stride)
    {
        Vector256<float> row0 = Vector256.Load(source);
        Vector256<float> row1 = Vector256.Load(source + stride);
        Vector256<float> row2 = Vector256.Load(source + (2 * stride));
        Vector256<float> row3 = Vector256.Load(source + (3 * stride));
        Vector256<float> low01 = Avx.UnpackLow(row0, row1);
        Vector256<float> high01 = Avx.UnpackHigh(row0, row1);
        Vector256<float> low23 = Avx.UnpackLow(row2, row3);
        Vector256<float> high23 = Avx.UnpackHigh(row2, row3);
        return (Avx.Shuffle(low01, low23, 0x44), Avx.Shuffle(low01, low23, 0xEE), Avx.Shuffle(high01, high23, 0x44), Avx.Shuffle(high01, high23, 0xEE));
    }
}
