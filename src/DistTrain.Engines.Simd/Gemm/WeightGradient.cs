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

/// <summary>Cuts a weight gradient into register tiles, panel by panel of dY.</summary>
internal static unsafe class WeightGradientKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private static int PanelWidth => 2 * TOps.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in WeightGradient gradient, GemmWorkspace workspace)
    {
        for (int column = 0; column < gradient.Outputs;)
        {
            int left = gradient.Outputs - column;
            int width = left > TOps.Width ? PanelWidth : TOps.Width;
            int columns = Math.Min(width, left);
            Packing.CopyPanel(gradient.Dy + column, gradient.DyStride, gradient.SampleCount, columns, width, workspace.PackedB);
            RunPanel(gradient, column, columns, width, workspace);
            column += columns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunPanel(in WeightGradient gradient, int column, int columns, int width, GemmWorkspace workspace)
    {
        bool isDouble = width == PanelWidth;
        TreeTileArguments tile = default;
        tile.BStride = width;
        tile.Scratch = workspace.TreeScratch;

        if (gradient.BiasOffset != WeightGradient.NoBias)
        {
            // A row of ones sums dY itself: 1 · dy + sum rounds as dy + sum.
            tile.A = workspace.One;
            RunNodes(isDouble ? TileKernels<TOps, TVector>.DoubleTree(1) : TileKernels<TOps, TVector>.SingleTree(1),
                ref tile, gradient, 1, gradient.BiasOffset + column, columns, width, workspace);
        }

        var spread = new RowSpread(gradient.Inputs, isDouble ? TOps.DoubleTileRows : TOps.SingleTileRows);
        tile.ARowStrideBytes = sizeof(float);
        tile.AStepBytes = gradient.XStride * sizeof(float);
        for (int index = 0; index < spread.TileCount; index++)
        {
            int row = spread.FirstRow(index);
            int rows = spread.FirstRow(index + 1) - row;
            tile.A = gradient.X + row;
            RunNodes(isDouble ? TileKernels<TOps, TVector>.DoubleTree(rows) : TileKernels<TOps, TVector>.SingleTree(rows),
                ref tile, gradient, rows, gradient.WeightOffset + ((nint)row * gradient.Outputs) + column, columns, width, workspace);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunNodes(
        delegate*<TreeTileArguments*, void> kernel, ref TreeTileArguments tile, in WeightGradient gradient, int rows, nint offset, int columns, int width, GemmWorkspace workspace)
    {
        float* a = tile.A;
        for (int index = 0; index < gradient.NodeCount; index++)
        {
            NodeTarget* node = gradient.Nodes + index;
            tile.A = (float*)((byte*)a + (node->FirstSample * tile.AStepBytes));
            tile.B = workspace.PackedB + ((nint)node->FirstSample * width);
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
