using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>
/// Cuts a matrix product into register tiles. Blocks of depth go through C and so keep the order of summation; columns are packed into
/// panels two vectors wide, as a side effect of the first row tile where B's rows are contiguous.
/// </summary>
internal static unsafe class MatrixMultiplier<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>A row stride that is a multiple of this puts all rows of a tile in one cache set.</summary>
    private const int ConflictingStride = 1024;

    private static int PanelWidth => 2 * TOps.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in MatrixProduct product, GemmWorkspace workspace)
    {
        if (product.BTransposed && product.AStepStride == 1 && product.Bias == null && product.Rows <= GemmWorkspace.TransposedRows && product.Columns > 4 * product.Rows)
        {
            RunTransposed(product, workspace);
        }
        else
        {
            RunDirectly(product, workspace);
        }
    }

    /// <summary>
    /// The transpose of the result, block by block, from B · Aᵀ: with few rows, A and the result are much smaller than B, which is then read in place instead of being transposed. Each element is
    /// the same chain of fused multiply-adds.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunTransposed(in MatrixProduct product, GemmWorkspace workspace)
    {
        for (int column = 0; column < product.Columns; column += GemmWorkspace.TransposedColumns)
        {
            int columns = Math.Min(GemmWorkspace.TransposedColumns, product.Columns - column);
            var block = new MatrixProduct
            {
                Rows = columns, Columns = product.Rows, Depth = product.Depth, A = product.B + (column * product.BStride), ARowStride = product.BStride, AStepStride = 1,
                B = product.A, BStride = product.ARowStride, BTransposed = true, C = workspace.Transposed, CStride = GemmWorkspace.TransposedRows,
            };
            RunDirectly(block, workspace);
            Packing.Transpose(workspace.Transposed, GemmWorkspace.TransposedRows, product.Rows, columns, product.C + column, product.CStride);
            for (int row = 0; row < product.Rows && product.ReluOutput != null; row++)
            {
                float* c = product.C + (row * product.CStride) + column;
                ElementwiseLoop<TOps, TVector>.Binary<ReluGradientFunction<TOps, TVector>>(product.ReluOutput + (row * product.ReluOutputStride) + column, c, c, columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunDirectly(in MatrixProduct product, GemmWorkspace workspace)
    {
        int depthBlocks = (product.Depth + GemmWorkspace.PackedDepth - 1) / GemmWorkspace.PackedDepth;
        for (int block = 0; block < depthBlocks; block++)
        {
            int first = (int)((long)block * product.Depth / depthBlocks);
            int end = (int)((long)(block + 1) * product.Depth / depthBlocks);
            MatrixProduct part = product;
            part.A += first * product.AStepStride;
            part.B += product.BTransposed ? first : first * product.BStride;
            part.Depth = end - first;
            if (block < depthBlocks - 1)
            {
                part.Bias = null;
                part.ReluOutput = null;
            }

            for (int column = 0; column < product.Columns; column += GemmWorkspace.PackedColumns)
            {
                RunColumns(part, column, Math.Min(GemmWorkspace.PackedColumns, product.Columns - column), block > 0 || product.Accumulate, workspace);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunColumns(in MatrixProduct product, int firstColumn, int columns, bool accumulate, GemmWorkspace workspace)
    {
        int tail = columns % PanelWidth;
        int wide = tail > TOps.Width ? columns : columns - tail;
        if (wide > 0)
        {
            RunWide(product, firstColumn, wide, accumulate, workspace);
        }

        if (wide < columns)
        {
            RunNarrow(product, firstColumn + wide, columns - wide, accumulate, workspace);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunWide(in MatrixProduct product, int firstColumn, int columns, bool accumulate, GemmWorkspace workspace)
    {
        var spread = new RowSpread(product.Rows, TOps.DoubleTileRows);
        TileArguments tile = default;
        tile.Depth = product.Depth;
        tile.Accumulate = accumulate;
        tile.Relu = product.Relu;
        nint panelLength = (nint)product.Depth * PanelWidth;
        for (int index = 0; index < spread.TileCount; index++)
        {
            int row = spread.FirstRow(index);
            int rows = spread.FirstRow(index + 1) - row;
            SetRows(ref tile, product, row, rows, workspace);
            delegate*<TileArguments*, void> kernel = TileKernels<TOps, TVector>.Double(rows);
            for (int column = 0; column < columns; column += PanelWidth)
            {
                float* panel = workspace.PackedB + (column / PanelWidth * panelLength);
                int width = Math.Min(PanelWidth, columns - column);
                delegate*<TileArguments*, void> now = kernel;
                tile.B = panel;
                tile.BStride = PanelWidth;
                if (index == 0 && (product.BTransposed || width < PanelWidth))
                {
                    PackPanel(product, firstColumn + column, width, PanelWidth, panel);
                }
                else if (index == 0)
                {
                    tile.B = product.B + firstColumn + column;
                    tile.BStride = product.BStride;
                    tile.BCopy = panel;
                    now = spread.TileCount == 1 ? kernel : TileKernels<TOps, TVector>.DoubleCopying(rows);
                }

                RunTile(now, ref tile, product, row, rows, firstColumn + column, width, PanelWidth, workspace);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunNarrow(in MatrixProduct product, int column, int width, bool accumulate, GemmWorkspace workspace)
    {
        var spread = new RowSpread(product.Rows, TOps.SingleTileRows);
        TileArguments tile = default;
        tile.Depth = product.Depth;
        tile.Accumulate = accumulate;
        tile.Relu = product.Relu;
        tile.B = workspace.PackedB;
        tile.BStride = TOps.Width;
        PackPanel(product, column, width, TOps.Width, tile.B);
        for (int index = 0; index < spread.TileCount; index++)
        {
            int row = spread.FirstRow(index);
            int rows = spread.FirstRow(index + 1) - row;
            SetRows(ref tile, product, row, rows, workspace);
            RunTile(TileKernels<TOps, TVector>.Single(rows), ref tile, product, row, rows, column, width, TOps.Width, workspace);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SetRows(ref TileArguments tile, in MatrixProduct product, int row, int rows, GemmWorkspace workspace)
    {
        tile.A = product.A + (row * product.ARowStride);
        tile.ARowStrideBytes = product.ARowStride * sizeof(float);
        tile.AStepBytes = product.AStepStride * sizeof(float);
        if (product.AStepStride == 1 && product.ARowStride % ConflictingStride == 0 && rows > 1)
        {
            Packing.CopyRows(tile.A, product.ARowStride, rows, product.Depth, workspace.PackedA);
            tile.A = workspace.PackedA;
            tile.ARowStrideBytes = (product.Depth + GemmWorkspace.PackedAPadding) * sizeof(float);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackPanel(in MatrixProduct product, int column, int columns, int width, float* panel)
    {
        if (product.BTransposed)
        {
            Packing.TransposePanel(product.B + (column * product.BStride), product.BStride, product.Depth, columns, width, panel);
        }
        else
        {
            Packing.CopyPanel(product.B + column, product.BStride, product.Depth, columns, width, panel);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunTile(
        delegate*<TileArguments*, void> kernel, ref TileArguments tile, in MatrixProduct product, int row, int rows, int column, int columns, int width, GemmWorkspace workspace)
    {
        float* c = product.C + (row * product.CStride) + column;
        tile.C = c;
        tile.CStride = product.CStride;
        tile.Bias = product.Bias == null ? null : product.Bias + column;
        tile.ReluOutput = product.ReluOutput == null ? null : product.ReluOutput + (row * product.ReluOutputStride) + column;
        tile.ReluOutputStride = product.ReluOutputStride;
        if (columns == width)
        {
            fixed (TileArguments* arguments = &tile)
            {
                kernel(arguments);
            }

            return;
        }

        RunPartialTile(kernel, ref tile, rows, columns, width, workspace);
    }

    /// <summary>A tile wider than what is left of the columns works on copies, so that nothing beyond the matrices is read or written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunPartialTile(delegate*<TileArguments*, void> kernel, ref TileArguments tile, int rows, int columns, int width, GemmWorkspace workspace)
    {
        float* c = tile.C;
        if (tile.Accumulate)
        {
            Packing.CopyTile(c, tile.CStride, rows, columns, workspace.Tile, width);
        }

        if (tile.Bias != null)
        {
            Packing.CopyTile(tile.Bias, 0, 1, columns, workspace.Bias, 0);
            tile.Bias = workspace.Bias;
        }

        if (tile.ReluOutput != null)
        {
            Packing.CopyTile(tile.ReluOutput, tile.ReluOutputStride, rows, columns, workspace.MaskTile, width);
            tile.ReluOutput = workspace.MaskTile;
            tile.ReluOutputStride = width;
        }

        nint stride = tile.CStride;
        tile.C = workspace.Tile;
        tile.CStride = width;
        fixed (TileArguments* arguments = &tile)
        {
            kernel(arguments);
        }

        Packing.CopyTile(workspace.Tile, width, rows, columns, c, stride);
    }
}
