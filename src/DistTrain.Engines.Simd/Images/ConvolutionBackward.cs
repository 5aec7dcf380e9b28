using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Images;

/// <summary>
/// Both backward products of a convolution as sparse combinations of rows, one sample at a time. The gradients by the outputs that are not zero are listed by filter and by pixel; the weight
/// gradient of a filter is the combination of the image's windows with the first list, and the gradient by a pixel's window the combination of the filters with the second. A max-pooling behind the
/// layer leaves at most one output in a window, and a ReLU about half of those, so this is far less work than the dense product; and at full density it is no more.
/// </summary>
internal static unsafe class ConvolutionBackward<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in ConvolutionCall call)
    {
        FillLabels(call);
        PackGradientWeights(call);
        int sample = 0;
        for (int index = 0; index < call.NodeCount; index++)
        {
            NodeTarget node = call.Nodes[index];
            int level = 0;
            for (int leaf = 0; leaf < node.LeafCount; leaf++)
            {
                // A binary counter: a leaf is summed up in the slot of the level at which its carries end.
                level = int.TrailingZeroCount(~leaf);
                int end = sample + call.LeafSamples[node.FirstLeaf + leaf];
                ClearLevel(call, level);
                for (; sample < end; sample++)
                {
                    RunSample(call, sample, level);
                }

                for (int sibling = 0; sibling < level; sibling++)
                {
                    AddSibling(call, sibling, level);
                }
            }

            Store(call, level, node.Gradient);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunSample(in ConvolutionCall call, int sample, int level)
    {
        ConvolutionShape shape = call.Shape;
        float* dy = OutputGradient(call, sample);
        nint image = (nint)shape.Geometry.InputHeight * shape.Geometry.InputWidth * shape.Geometry.Channels;
        if (call.Bias != null)
        {
            AddRows(dy, shape.Pixels, shape.Filters, call.Scratch + shape.LeafBiases + (level * shape.LeafBiasLength));
        }

        Packing.Transpose(dy, shape.Filters, shape.Filters, shape.Pixels, call.Scratch + shape.Transposed, shape.TransposedStride);
        for (int group = 0; group < shape.Groups; group++)
        {
            int firstFilter = group * shape.GroupFilters;
            ImageCopies.Pad(shape, call.X + (sample * image), group, call.Scratch + shape.Image);
            List(call, call.Scratch + shape.Transposed + ((nint)firstFilter * shape.TransposedStride), shape.TransposedStride, shape.GroupFilters, shape.Pixels, shape.PixelLabels);
            AddWeightGradient(call, firstFilter, level);
            if (call.Dx != null)
            {
                List(call, dy + firstFilter, shape.Filters, shape.Pixels, shape.GroupFilters, shape.FilterLabels);
                AddInputGradient(call, firstFilter);
                ImageCopies.Unpad(shape, call.Scratch + shape.ImageGradient, group, call.Dx + (sample * image));
            }
        }
    }

    /// <summary>[pixels, filters] the gradient by the layer's own outputs, spread over the windows where there is a pooling.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* OutputGradient(in ConvolutionCall call, int sample)
    {
        nint outputs = (nint)call.Shape.Pixels * call.Shape.Filters;
        if (!call.HasPool)
        {
            return call.Dy + (sample * outputs);
        }

        float* dy = call.Scratch + call.Shape.Outputs;
        new Span<float>(dy, (int)outputs).Clear();
        nint pooled = sample * call.Pool.Shape.OutputLength;
        PoolKernels<TOps, TVector>.MaxGradient(call.Pool.Shape, call.Dy + pooled, call.Pool.Winners + pooled, call.Relu ? call.Pool.Outputs + pooled : null, dy);
        return dy;
    }

    /// <summary>The entries that are not zero of each of some rows, with the labels of their columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void List(in ConvolutionCall call, float* rows, nint stride, int rowCount, int columns, int labelTable)
    {
        int* labels = (int*)(call.Scratch + labelTable);
        int* offsets = (int*)(call.Scratch + call.Shape.Offsets);
        int* starts = (int*)(call.Scratch + call.Shape.Starts);
        float* values = call.Scratch + call.Shape.Values;
        int count = 0;
        for (int row = 0; row < rowCount; row++)
        {
            starts[row] = count;
            int column = 0;
            for (; column <= columns - TOps.Width; column += TOps.Width)
            {
                count += TOps.CompressNonZero(TOps.Load(rows + column), labels + column, values + count, offsets + count);
            }

            for (; column < columns; column++)
            {
                values[count] = rows[column];
                offsets[count] = labels[column];
                count += rows[column] != 0f ? 1 : 0;
            }

            rows += stride;
        }

        starts[rowCount] = count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddWeightGradient(in ConvolutionCall call, int firstFilter, int level)
    {
        ConvolutionShape shape = call.Shape;
        int kernelHeight = shape.Geometry.Kernel.Height;
        nint filterLength = (nint)kernelHeight * shape.PaddedRowLength;
        nint imageRow = (nint)shape.PaddedWidth * shape.GroupChannels;
        float* destination = call.Scratch + shape.LeafWeights + ((nint)level * shape.LeafWeightLength) + (firstFilter * filterLength);
        SparseRowsArguments arguments = Lists(call, shape.GroupFilters);
        arguments.DestinationStride = filterLength;
        if (shape.RowLength <= TOps.Width)
        {
            // Short kernel rows, a vector each: several at a time.
            arguments.DestinationVectorStride = shape.PaddedRowLength;
            arguments.SourceVectorStrideBytes = imageRow * sizeof(float);
            for (int row = 0; row < kernelHeight; row += SparseRowsKernels<TOps, TVector>.MaximumCount)
            {
                arguments.Source = call.Scratch + shape.Image + (row * imageRow);
                arguments.Destination = destination + ((nint)row * shape.PaddedRowLength);
                SparseRowsKernels<TOps, TVector>.Strided(Math.Min(SparseRowsKernels<TOps, TVector>.MaximumCount, kernelHeight - row))(&arguments);
            }

            return;
        }

        for (int row = 0; row < kernelHeight; row++)
        {
            RunRow(ref arguments, call.Scratch + shape.Image + (row * imageRow), destination + ((nint)row * shape.PaddedRowLength), shape.RowLength);
        }
    }

    /// <summary>Kernel rows from the last to the first: a pixel then gets its contributions in the order of the output rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddInputGradient(in ConvolutionCall call, int firstFilter)
    {
        ConvolutionShape shape = call.Shape;
        nint imageRow = (nint)shape.PaddedWidth * shape.GradientChannels;
        float* image = call.Scratch + shape.ImageGradient;
        new Span<float>(image, (int)(shape.PaddedHeight * imageRow)).Clear();
        SparseRowsArguments arguments = Lists(call, shape.Geometry.OutputWidth);
        int* starts = arguments.Starts;
        arguments.DestinationStride = (nint)shape.Geometry.Stride.Width * shape.GradientChannels;
        for (int kernelRow = shape.Geometry.Kernel.Height - 1; kernelRow >= 0; kernelRow--)
        {
            float* weights = call.Scratch + shape.GradientWeights + ((((nint)kernelRow * shape.Filters) + firstFilter) * shape.GradientRowLength);
            for (int row = 0; row < shape.Geometry.OutputHeight; row++)
            {
                arguments.Starts = starts + (row * shape.Geometry.OutputWidth);
                RunRow(ref arguments, weights, image + (((row * shape.Geometry.Stride.Height) + kernelRow) * imageRow), shape.GradientRowLength);
            }
        }
    }

    private static SparseRowsArguments Lists(in ConvolutionCall call, int itemCount) => new()
    {
        Values = call.Scratch + call.Shape.Values,
        Offsets = (int*)(call.Scratch + call.Shape.Offsets),
        Starts = (int*)(call.Scratch + call.Shape.Starts),
        ItemCount = itemCount,
        DestinationVectorStride = TOps.Width,
    };

    /// <summary>
    /// Rows of any length, as many vectors at a time as stay in registers; from the last to the first, because where the rows of neighbouring items overlap, an element is at the end of the
    /// first item's row and at the start of the last one's.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunRow(ref SparseRowsArguments arguments, float* source, float* destination, int length)
    {
        var spread = new RowSpread((length + TOps.Width - 1) / TOps.Width, SparseRowsKernels<TOps, TVector>.MaximumCount);
        for (int part = spread.TileCount - 1; part >= 0; part--)
        {
            int first = spread.FirstRow(part);
            arguments.Source = source + (first * TOps.Width);
            arguments.Destination = destination + (first * TOps.Width);
            fixed (SparseRowsArguments* pointer = &arguments)
            {
                SparseRowsKernels<TOps, TVector>.Contiguous(spread.FirstRow(part + 1) - first)(pointer);
            }
        }
    }

    /// <summary>sums += each row in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows(float* rows, int rowCount, int columns, float* sums)
    {
        int column = 0;
        for (; column <= columns - TOps.Width; column += TOps.Width)
        {
            TVector sum = TOps.Load(sums + column);
            float* row = rows + column;
            for (int i = 0; i < rowCount; i++)
            {
                sum = TOps.Add(sum, TOps.Load(row));
                row += columns;
            }

            TOps.Store(sum, sums + column);
        }

        for (; column < columns; column++)
        {
            for (int i = 0; i < rowCount; i++)
            {
                sums[column] += rows[((nint)i * columns) + column];
            }
        }
    }

    private static void ClearLevel(in ConvolutionCall call, int level)
    {
        new Span<float>(call.Scratch + call.Shape.LeafWeights + ((nint)level * call.Shape.LeafWeightLength), call.Shape.LeafWeightLength).Clear();
        new Span<float>(call.Scratch + call.Shape.LeafBiases + (level * call.Shape.LeafBiasLength), call.Shape.LeafBiasLength).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSibling(in ConvolutionCall call, int sibling, int level)
    {
        Add(call.Scratch + call.Shape.LeafWeights, sibling, level, call.Shape.LeafWeightLength);
        Add(call.Scratch + call.Shape.LeafBiases, sibling, level, call.Shape.LeafBiasLength);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* levels, int left, int right, int length)
    {
        float* l = levels + ((nint)left * length);
        float* r = levels + ((nint)right * length);
        for (int i = 0; i < length; i += TOps.Width)
        {
            TOps.Store(TOps.Add(TOps.Load(l + i), TOps.Load(r + i)), r + i);
        }
    }

    /// <summary>A node's sums, from [filters, kernel height, padded row] to the weights' order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Store(in ConvolutionCall call, int level, float* gradient)
    {
        ConvolutionShape shape = call.Shape;
        float* sums = call.Scratch + shape.LeafWeights + ((nint)level * shape.LeafWeightLength);
        int kernelHeight = shape.Geometry.Kernel.Height;
        for (int row = 0; row < kernelHeight; row++)
        {
            Packing.Transpose(
                sums + ((nint)row * shape.PaddedRowLength), (nint)kernelHeight * shape.PaddedRowLength, shape.RowLength, shape.Filters,
                gradient + call.WeightOffset + ((nint)row * shape.RowLength * shape.Filters), shape.Filters);
        }

        if (call.Bias != null)
        {
            Pointers.Copy(call.Scratch + shape.LeafBiases + (level * shape.LeafBiasLength), gradient + call.BiasOffset, shape.Filters);
        }
    }

    /// <summary>The weights as [kernel height, filters, kernel width, gradient channels], zero where a group has no such channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackGradientWeights(in ConvolutionCall call)
    {
        ConvolutionShape shape = call.Shape;
        if (call.Dx == null)
        {
            return;
        }

        float* destination = call.Scratch + shape.GradientWeights;
        new Span<float>(destination, shape.Geometry.Kernel.Height * shape.Filters * shape.GradientRowLength).Clear();
        for (int row = 0; row < shape.Geometry.Kernel.Height; row++)
        {
            for (int column = 0; column < shape.Geometry.Kernel.Width; column++)
            {
                nint tap = ((nint)row * shape.Geometry.Kernel.Width) + column;
                Packing.Transpose(
                    call.Weights + (tap * shape.GroupChannels * shape.Filters), shape.Filters, shape.Filters, shape.GroupChannels,
                    destination + ((nint)row * shape.Filters * shape.GradientRowLength) + (column * shape.GradientChannels), shape.GradientRowLength);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillLabels(in ConvolutionCall call)
    {
        ConvolutionShape shape = call.Shape;
        int* pixels = (int*)(call.Scratch + shape.PixelLabels);
        for (int row = 0; row < shape.Geometry.OutputHeight; row++)
        {
            for (int column = 0; column < shape.Geometry.OutputWidth; column++)
            {
                *pixels++ = ((row * shape.Geometry.Stride.Height * shape.PaddedWidth) + (column * shape.Geometry.Stride.Width)) * shape.GroupChannels;
            }
        }

        int* filters = (int*)(call.Scratch + shape.FilterLabels);
        for (int filter = 0; filter < shape.GroupFilters; filter++)
        {
            filters[filter] = filter * shape.GradientRowLength;
        }
    }
}
