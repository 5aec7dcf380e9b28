using DistTrain.Engines.Simd.Losses;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Images;

/// <summary>The sizes of a convolution, and how its scratch memory is laid out for one sample and one group at a time.</summary>
internal sealed class ConvolutionShape
{
    /// <summary>Kernels read whole vectors and may so read past a row's end.</summary>
    private const int Slack = 16;

    private int length;

    /// <param name="input">Shape of one sample.</param>
    /// <param name="maximumLeaves">The most micro-batches of a call.</param>
    public ConvolutionShape(Conv2dOperation operation, TensorShape input, int maximumLeaves)
    {
        Geometry = operation.Geometry(input);
        Filters = operation.Filters;
        Groups = operation.Groups;
        TreeLevels = int.Log2(maximumLeaves) + 1;
        Image = Reserve((PaddedHeight * PaddedWidth * GroupChannels) + Slack);
        Weights = Reserve(Groups * Depth * LaneSums.Padded(GroupFilters));
        Zeros = Reserve(Filters);
        Outputs = Reserve(Pixels * Filters);
        Transposed = Reserve(Filters * TransposedStride);
        PixelLabels = Reserve(Pixels + Slack);
        FilterLabels = Reserve(Filters + Slack);
        Values = Reserve((Pixels * Filters) + Slack);
        Offsets = Reserve((Pixels * Filters) + Slack);
        Starts = Reserve(Math.Max(Pixels, Filters) + 1);
        GradientWeights = Reserve(Geometry.Kernel.Height * Filters * GradientRowLength);
        ImageGradient = Reserve(PaddedHeight * PaddedWidth * GradientChannels);
        LeafWeights = Reserve(checked(TreeLevels * LeafWeightLength));
        LeafBiases = Reserve(TreeLevels * LeafBiasLength);
    }

    public ImageGeometry Geometry { get; }

    public int Filters { get; }

    public int Groups { get; }

    public int GroupFilters => Filters / Groups;

    public int GroupChannels => Geometry.Channels / Groups;

    public int PaddedHeight => Geometry.Top + Geometry.InputHeight + Geometry.Bottom;

    public int PaddedWidth => Geometry.Left + Geometry.InputWidth + Geometry.Right;

    /// <summary>Pixels of the output.</summary>
    public int Pixels => Geometry.OutputHeight * Geometry.OutputWidth;

    /// <summary>Elements of a kernel row, which lie one after the other in a padded image.</summary>
    public int RowLength => Geometry.Kernel.Width * GroupChannels;

    /// <summary>Length of the sum that makes an output.</summary>
    public int Depth => Geometry.Kernel.Height * RowLength;

    /// <summary>Elements of a kernel row of the weight gradient, whole vectors.</summary>
    public int PaddedRowLength => LaneSums.Padded(RowLength);

    /// <summary>Channels of the input gradient in scratch memory, whole vectors.</summary>
    public int GradientChannels => LaneSums.Padded(GroupChannels);

    public int GradientRowLength => Geometry.Kernel.Width * GradientChannels;

    public int LeafWeightLength => Filters * Geometry.Kernel.Height * PaddedRowLength;

    public int LeafBiasLength => LaneSums.Padded(Filters);

    /// <summary>Not a multiple of a page, so that the rows do not share cache sets.</summary>
    public int TransposedStride => LaneSums.Padded(Pixels) + Slack;

    /// <summary>Slots of the binary counter in which leaves are folded.</summary>
    public int TreeLevels { get; }

    /// <summary>Elements of scratch memory.</summary>
    public int ScratchLength => length;

    /// <summary>[padded height, padded width, group's channels] a sample's image.</summary>
    public int Image { get; }

    /// <summary>[groups][panels][depth, panel width] the weights as the register tiles read them.</summary>
    public int Weights { get; }

    /// <summary>[filters] the bias of a layer that has none.</summary>
    public int Zeros { get; }

    /// <summary>[pixels, filters] a sample's outputs, or the gradient by them.</summary>
    public int Outputs { get; }

    /// <summary>[filters, pixels] by <see cref="TransposedStride"/>.</summary>
    public int Transposed { get; }

    /// <summary>[pixels] where each output's window starts in the image.</summary>
    public int PixelLabels { get; }

    /// <summary>[filters] where each filter starts in a kernel row of <see cref="GradientWeights"/>.</summary>
    public int FilterLabels { get; }

    /// <summary>[entries] the gradients that are not zero.</summary>
    public int Values { get; }

    /// <summary>[entries] their labels.</summary>
    public int Offsets { get; }

    /// <summary>[pixels or filters + 1] the first entry of each.</summary>
    public int Starts { get; }

    /// <summary>[kernel height, filters, kernel width, gradient channels].</summary>
    public int GradientWeights { get; }

    /// <summary>[padded height, padded width, gradient channels].</summary>
    public int ImageGradient { get; }

    /// <summary>[levels][filters, kernel height, padded row length].</summary>
    public int LeafWeights { get; }

    /// <summary>[levels][filters].</summary>
    public int LeafBiases { get; }

    private int Reserve(int elements)
    {
        int start = length;
        length = checked(length + LaneSums.Padded(elements));
        return start;
    }
}
