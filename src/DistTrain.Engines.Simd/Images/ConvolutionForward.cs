using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Images;

/// <summary>
/// The convolution as a matrix product whose left matrix is never formed: the rows of a register tile are neighbouring pixels of an output row, whose windows lie a pixel apart in the padded
/// image, and the summation runs over the rows of the kernel, each of which is contiguous there. One sample at a time, so that what a sample needs stays in the cache.
/// </summary>
internal static unsafe class ConvolutionForward<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private static int PanelWidth => 2 * TOps.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in ConvolutionCall call, GemmWorkspace workspace)
    {
        ConvolutionShape shape = call.Shape;
        PackWeights(call);
        new Span<float>(call.Scratch + shape.Zeros, shape.Filters).Clear();
        nint outputs = (nint)shape.Pixels * shape.Filters;
        for (int sample = 0; sample < call.SampleCount; sample++)
        {
            float* y = call.HasPool ? call.Scratch + shape.Outputs : call.Y + (sample * outputs);
            RunSample(call, sample, y, workspace);
            if (call.HasPool)
            {
                nint pooled = sample * call.Pool.Shape.OutputLength;
                PoolKernels<TOps, TVector>.Max(call.Pool.Shape, y, call.Pool.Outputs + pooled, call.Pool.Winners + pooled);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunSample(in ConvolutionCall call, int sample, float* y, GemmWorkspace workspace)
    {
        ConvolutionShape shape = call.Shape;
        float* x = call.X + ((nint)sample * shape.Geometry.InputHeight * shape.Geometry.InputWidth * shape.Geometry.Channels);
        float* image = call.Scratch + shape.Image;
        float* weights = call.Scratch + shape.Weights;
        for (int group = 0; group < shape.Groups; group++)
        {
            ImageCopies.Pad(shape, x, group, image);
            for (int column = 0; column < shape.GroupFilters;)
            {
                int width = WidthOf(shape.GroupFilters - column);
                int columns = Math.Min(width, shape.GroupFilters - column);
                RunPanel(call, image, weights, y, (group * shape.GroupFilters) + column, columns, width, workspace);
                weights += (nint)shape.Depth * width;
                column += columns;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunPanel(in ConvolutionCall call, float* image, float* weights, float* y, int column, int columns, int width, GemmWorkspace workspace)
    {
        ConvolutionShape shape = call.Shape;
        bool isDouble = width == PanelWidth;
        int outputWidth = shape.Geometry.OutputWidth;
        var spread = new RowSpread(outputWidth, isDouble ? TOps.DoubleTileRows : TOps.SingleTileRows);
        nint imageRow = (nint)shape.PaddedWidth * shape.GroupChannels;
        nint pixelStride = (nint)shape.Geometry.Stride.Width * shape.GroupChannels;
        float* bias = call.Bias == null && call.Relu ? call.Scratch + shape.Zeros : call.Bias;
        TileArguments tile = default;
        tile.Depth = shape.RowLength;
        tile.Segments = shape.Geometry.Kernel.Height;
        tile.ASegmentGapBytes = (imageRow - shape.RowLength) * sizeof(float);
        tile.ARowStrideBytes = pixelStride * sizeof(float);
        tile.AStepBytes = sizeof(float);
        tile.Relu = call.Relu;
        for (int index = 0; index < spread.TileCount; index++)
        {
            int first = spread.FirstRow(index);
            int rows = spread.FirstRow(index + 1) - first;
            delegate*<TileArguments*, void> kernel = isDouble ? TileKernels<TOps, TVector>.Double(rows) : TileKernels<TOps, TVector>.Single(rows);
            for (int row = 0; row < shape.Geometry.OutputHeight; row++)
            {
                tile.A = image + (row * shape.Geometry.Stride.Height * imageRow) + (first * pixelStride);
                tile.B = weights;
                tile.BStride = width;
                tile.Bias = bias == null ? null : bias + column;
                tile.C = y + ((((nint)row * outputWidth) + first) * shape.Filters) + column;
                tile.CStride = shape.Filters;
                if (columns < width)
                {
                    MatrixMultiplier<TOps, TVector>.RunPartialTile(kernel, ref tile, rows, columns, width, workspace);
                    continue;
                }

                kernel(&tile);
            }
        }
    }

    /// <summary>The weights panel by panel of columns, in the order in which <see cref="RunSample"/> reads them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackWeights(in ConvolutionCall call)
    {
        ConvolutionShape shape = call.Shape;
        float* panel = call.Scratch + shape.Weights;
        for (int group = 0; group < shape.Groups; group++)
        {
            for (int column = 0; column < shape.GroupFilters;)
            {
                int width = WidthOf(shape.GroupFilters - column);
                int columns = Math.Min(width, shape.GroupFilters - column);
                Packing.CopyPanel(call.Weights + (group * shape.GroupFilters) + column, shape.Filters, shape.Depth, columns, width, panel);
                panel += (nint)shape.Depth * width;
                column += columns;
            }
        }
    }

    private static int WidthOf(int columns) => columns > TOps.Width ? PanelWidth : TOps.Width;
}
