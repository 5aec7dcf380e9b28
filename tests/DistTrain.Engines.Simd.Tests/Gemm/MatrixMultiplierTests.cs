using DistTrain.Engines.Simd.Gemm;

namespace DistTrain.Engines.Simd.Tests.Gemm;

public sealed unsafe class MatrixMultiplierTests
{
    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Every_small_size_has_the_bits_of_the_definition(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        var workspace = new GemmWorkspace(64);
        int variant = 0;
        foreach (int rows in (int[])[.. Enumerable.Range(1, 30), 37, 43, 57])
        {
            foreach (int columns in (int[])[.. Enumerable.Range(1, 18), 24, 31, 32, 33, 40, 47, 48, 49, 64, 65])
            {
                int depth = (((rows * 7) + (columns * 3)) % 19) + 1;
                Check(kernels, workspace, rows, columns, depth, (Variant)(variant++ % 24));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Every_epilogue_and_layout_at_sizes_around_the_blocks(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        var workspace = new GemmWorkspace(64);
        (int Rows, int Columns, int Depth)[] sizes =
        [
            (29, 300, 33), (15, 257, 40), (3, 515, 7), (31, 33, 1024), (17, 21, 1025), (28, 10, 2050), (47, 460, 21), (2, 64, 3000), (64, 96, 64), (5, 11, 2048),
        ];
        foreach ((int rows, int columns, int depth) in sizes)
        {
            for (int variant = 0; variant < 24; variant++)
            {
                Check(kernels, workspace, rows, columns, depth, (Variant)variant);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Infinities_and_nan_reach_exactly_the_outputs_they_belong_to(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        const int Size = 35;
        GuardedBuffer a = GuardedBuffer.Random(Size * Size, 1), b = GuardedBuffer.Random(Size * Size, 2), c = new(Size * Size);
        a.Span[(3 * Size) + 5] = float.NaN;
        b.Span[(7 * Size) + 33] = float.PositiveInfinity;
        kernels.Multiply(
            new MatrixProduct
            {
                Rows = Size, Columns = Size, Depth = Size, A = a.Pointer, ARowStride = Size, AStepStride = 1, B = b.Pointer, BStride = Size, C = c.Pointer, CStride = Size,
            },
            new GemmWorkspace(1));
        for (int i = 0; i < c.Length; i++)
        {
            bool expected = i / Size == 3 || i % Size == 33;
            Assert.Equal(expected, !float.IsFinite(c.Span[i]));
        }
    }

    [Flags]
    private enum Variant
    {
        Plain = 0,
        BTransposed = 1,
        ATransposed = 2,
        Bias = 4,
        BiasRelu = 8,
        ReluGradient = 16,
    }

    private static void Check(KernelSet kernels, GemmWorkspace workspace, int rows, int columns, int depth, Variant variant)
    {
        bool transposedA = variant.HasFlag(Variant.ATransposed);
        bool transposedB = variant.HasFlag(Variant.BTransposed);
        bool hasBias = (variant & (Variant.Bias | Variant.BiasRelu)) != 0;
        int aStride = (transposedA ? rows : depth) + 3;
        int bStride = (transposedB ? depth : columns) + 5;
        int cStride = columns + 2;
        GuardedBuffer a = GuardedBuffer.Random(((transposedA ? depth : rows) * aStride) - 3, 1, 1);
        GuardedBuffer b = GuardedBuffer.Random(((transposedB ? columns : depth) * bStride) - 5, 2, 3);
        GuardedBuffer bias = GuardedBuffer.Random(columns, 3, 5);
        GuardedBuffer output = GuardedBuffer.Random(rows * columns, 4, 7);
        var c = new GuardedBuffer((rows * cStride) - 2, 2);
        c.Span.Fill(77f);
        kernels.Multiply(
            new MatrixProduct
            {
                Rows = rows, Columns = columns, Depth = depth,
                A = a.Pointer, ARowStride = transposedA ? 1 : aStride, AStepStride = transposedA ? aStride : 1,
                B = b.Pointer, BStride = bStride, BTransposed = transposedB,
                C = c.Pointer, CStride = cStride,
                Bias = hasBias ? bias.Pointer : null, Relu = variant.HasFlag(Variant.BiasRelu),
                ReluOutput = variant.HasFlag(Variant.ReluGradient) ? output.Pointer : null, ReluOutputStride = columns,
            },
            workspace);
        float[] expected = new float[c.Length];
        Array.Fill(expected, 77f);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                float sum = 0;
                for (int step = 0; step < depth; step++)
                {
                    float left = a.Span[transposedA ? (step * aStride) + row : (row * aStride) + step];
                    float right = b.Span[transposedB ? (column * bStride) + step : (step * bStride) + column];
                    sum = MathF.FusedMultiplyAdd(left, right, sum);
                }

                sum = hasBias ? sum + bias.Span[column] : sum;
                sum = variant.HasFlag(Variant.BiasRelu) && sum <= 0 ? 0 : sum;
                sum = variant.HasFlag(Variant.ReluGradient) && !(output.Span[(row * columns) + column] > 0) ? 0 : sum;
                expected[(row * cStride) + column] = sum;
            }
        }

        Bits.AssertEqual(expected, c.Span, $"{rows}x{columns}x{depth} {variant}");
        c.AssertGuardsAreIntact();
    }
}
