namespace DistTrain.Learning.Graph;

/// <summary>An operation that makes one number a channel of each window of an image. The output is [height, width, channels].</summary>
public abstract record PoolOperation : UnaryOperation
{
    /// <exception cref="InvalidInputException">The input is no image, or the window is larger than the padded input.</exception>
    public abstract ImageGeometry Geometry(TensorShape input);

    public override TensorShape OutputShape(TensorShape input)
    {
        var geometry = Geometry(input);
        return new TensorShape(geometry.OutputHeight, geometry.OutputWidth, geometry.Channels);
    }
}

/// <summary>A pooling whose window moves over the image.</summary>
public abstract record WindowPoolOperation(ImageSize Kernel) : PoolOperation
{
    /// <summary>The kernel itself, so that windows touch and do not overlap, unless said otherwise.</summary>
    public ImageSize Stride { get; init; } = Kernel;

    public ImagePadding Padding { get; init; } = new FixedPadding(0);

    public sealed override ImageGeometry Geometry(TensorShape input)
    {
        var geometry = ImageGeometry.Create(Kind, input, Kernel, Stride, Padding);
        return Padding is FixedPadding { Pixels: var pixels } && (2 * pixels > Kernel.Height || 2 * pixels > Kernel.Width)
            ? throw new InvalidInputException($"a {Kind} layer's padding of {pixels} is more than half its kernel of {Kernel}: some windows would hold no pixel of the input")
            : geometry;
    }
}

/// <summary>
/// The largest pixel of each window, channel by channel: the first of equals in row-major order, the first NaN if there is one. Pixels outside the image never win. The gradient goes to the
/// pixel that won; where windows overlap, a pixel's gradient is the sum over windows in row-major order, from zero.
/// </summary>
public sealed record MaxPool2dOperation(ImageSize Kernel) : WindowPoolOperation(Kernel)
{
    public override string Kind => "max-pool";
}

/// <summary>
/// The mean of each window, channel by channel: the sum in row-major order, from zero, divided by the number of pixels of the whole window. Pixels outside the image are left out of the sum but counted, as in
/// PyTorch's default. The gradient by a pixel is the sum over its windows in row-major order, from zero, of dy divided by that number.
/// </summary>
public sealed record AveragePool2dOperation(ImageSize Kernel) : WindowPoolOperation(Kernel)
{
    public override string Kind => "average-pool";
}

/// <summary>A pooling over the whole image. The output is [channels].</summary>
public abstract record GlobalPoolOperation : PoolOperation
{
    public sealed override ImageGeometry Geometry(TensorShape input) => ImageGeometry.Whole(Kind, input);

    public sealed override TensorShape OutputShape(TensorShape input) => new(Geometry(input).Channels);
}

/// <summary>The mean over all pixels, by the rules of <see cref="AveragePool2dOperation"/>. Lin, Chen, Yan, "Network in network", 2014, section 3.2.</summary>
public sealed record GlobalAveragePoolOperation : GlobalPoolOperation
{
    public override string Kind => "global-average-pool";
}

/// <summary>The largest pixel of all, by the rules of <see cref="MaxPool2dOperation"/>.</summary>
public sealed record GlobalMaxPoolOperation : GlobalPoolOperation
{
    public override string Kind => "global-max-pool";
}
