using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>
/// The sums over samples of a dense layer, for a range of micro-batches: dW [inputs, outputs] = Xᵀ · dY and db [outputs] = Σ dY, each leaf
/// (micro-batch) in sample order, folded in the fixed binary tree, one result for each aligned tree node.
/// </summary>
internal unsafe struct WeightGradient
{
    /// <summary>A <see cref="BiasOffset"/>: there is none.</summary>
    public const nint NoBias = -1;

    public int Inputs;
    public int Outputs;

    /// <summary>[samples, inputs], rows <see cref="XStride"/> apart.</summary>
    public float* X;

    public nint XStride;

    /// <summary>[samples, outputs], rows <see cref="DyStride"/> apart.</summary>
    public float* Dy;

    public nint DyStride;

    /// <summary>[leaves] samples of each leaf.</summary>
    public int* LeafSamples;

    /// <summary>[nodes] in order; together they cover all leaves.</summary>
    public NodeTarget* Nodes;

    public int NodeCount;
    public int SampleCount;

    /// <summary>Offset of dW and of db in every node's buffer.</summary>
    public nint WeightOffset;

    public nint BiasOffset;
}

/// <summary>A tree node's leaves and its flat gradient buffer.</summary>
internal unsafe struct NodeTarget
{
    /// <summary>Position among the range's leaves.</summary>
    public int FirstLeaf;

    /// <summary>A power of two.</summary>
    public int LeafCount;

    /// <summary>Position among the range's samples.</summary>
    public int FirstSample;

    public float* Gradient;
}

/// <summary>
/// Cuts a weight gradient into register tiles. As many panels of dY as stay in the cache are packed together and run through row by row of dW, so that what is written lies together.
/// </summary>
internal static unsafe class WeightGradientKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>Elements of dY that are packed together: a quarter of a common second-level cache.</summary>
    private const int PackedTogether = 64 * 1024;

    private static int PanelWidth => 2 * TOps.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in WeightGradient gradient, GemmWorkspace workspace)
    {
        int tail = gradient.Outputs % PanelWidth;
        int wide = tail > TOps.Width ? gradient.Outputs : gradient.Outputs - tail;
        int together = Math.Max(1, PackedTogether / (gradient.SampleCount * PanelWidth)) * PanelWidth;
        for (int column = 0; column < wide; column += together)
        {
            RunPanels(gradient, column, Math.Min(together, wide - column), PanelWidth, workspace);
        }

        if (wide < gradient.Outputs)
        {
            RunPanels(gradient, wide, gradient.Outputs - wide, TOps.Width, workspace);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunPanels(in WeightGradient gradient, int firstColumn, int columns, int width, GemmWorkspace workspace)
    {
        nint panelLength = (nint)gradient.SampleCount * width;
        for (int column = 0; column < columns; column += width)
        {
            Packing.CopyPanel(
                gradient.Dy + firstColumn + column, gradient.DyStride, gradient.SampleCount, Math.Min(width, columns - column), width, workspace.PackedB + (column / width * panelLength));
        }

        bool isDouble = width == PanelWidth;
        TreeTileArguments tile = default;
        tile.BStride = width;
        tile.Scratch = workspace.TreeScratch;
        var spread = new RowSpread(gradient.Inputs, isDouble ? TOps.DoubleTileRows : TOps.SingleTileRows);
        for (int index = gradient.BiasOffset == WeightGradient.NoBias ? 0 : -1; index < spread.TileCount; index++)
        {
            // The first row is one of ones, which sums dY itself: 1 · dy + sum rounds as dy + sum.
            bool isBias = index < 0;
            int row = isBias ? 0 : spread.FirstRow(index);
            int rows = isBias ? 1 : spread.FirstRow(index + 1) - row;
            float* a = isBias ? workspace.One : gradient.X + row;
            tile.ARowStrideBytes = isBias ? 0 : sizeof(float);
            tile.AStepBytes = isBias ? 0 : gradient.XStride * sizeof(float);
            nint offset = isBias ? gradient.BiasOffset : gradient.WeightOffset + ((nint)row * gradient.Outputs);
            delegate*<TreeTileArguments*, void> kernel = isDouble ? TileKernels<TOps, TVector>.DoubleTree(rows) : TileKernels<TOps, TVector>.SingleTree(rows);
            for (int column = 0; column < columns; column += width)
            {
                float* panel = workspace.PackedB + (column / width * panelLength);
                RunNodes(kernel, ref tile, gradient, a, panel, rows, offset + firstColumn + column, Math.Min(width, columns - column), width, workspace);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunNodes(
        delegate*<TreeTileArguments*, void> kernel, ref TreeTileArguments tile, in WeightGradient gradient, float* a, float* panel, int rows, nint offset, int columns, int width, GemmWorkspace workspace)
    {
        for (int index = 0; index < gradient.NodeCount; index++)
        {
            NodeTarget* node = gradient.Nodes + index;
            tile.A = (float*)((byte*)a + (node->FirstSample * tile.AStepBytes));
            tile.B = panel + ((nint)node->FirstSample * width);
            tile.LeafCount = node->LeafCount;
            tile.LeafSamples = gradient.LeafSamples + node->FirstLeaf;
            bool isWhole = columns == width;
            tile.Root = isWhole ? node->Gradient + offset : workspace.Tile;
            tile.RootStride = isWhole ? gradient.Outputs : width;
            fixed (TreeTileArguments* arguments = &tile)
            {
                kernel(arguments);
            }

            if (!isWhole)
            {
                Packing.CopyTile(workspace.Tile, width, rows, columns, node->Gradient + offset, gradient.Outputs);
            }
        }
    }
}
