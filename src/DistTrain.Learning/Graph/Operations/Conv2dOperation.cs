using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// y[oy, ox, f] = Σ x[oy·s − top + ky, ox·s − left + kx, c] · W[ky, kx, c, f] + b[f]: the cross-correlation that deep learning calls convolution (Goodfellow, Bengio, Courville,
/// "Deep Learning", 2016, eq. 9.6), with W [kernel height, kernel width, channels / groups, filters] row-major, b [filters]. Filter f belongs to group ⌊f · groups / filters⌋ and reads
/// only that group's channels. Every sum is a chain of fused multiply-adds from zero in this order:
/// <list type="bullet">
/// <item>output: ky, then kx, then c; taps outside the image count as zeros; the bias is added last;</item>
/// <item>gradient by W and b: samples of the micro-batch, then output rows, then output columns; pixels outside the image count as zeros;</item>
/// <item>gradient by x: output rows, then output columns, then filters, of those outputs that cover the pixel.</item>
/// </list>
/// In the two gradients an output whose gradient is zero is left out. That costs nothing where everything is finite, and lets engines skip the three quarters of the outputs that a
/// max-pooling behind the layer sends no gradient to.
/// </summary>
public sealed record Conv2dOperation(int Filters, ImageSize Kernel, Initializer WeightInitializer) : UnaryOperation
{
    public override string Kind => "conv";

    public ImageSize Stride { get; init; } = new(1, 1);

    public ImagePadding Padding { get; init; } = new FixedPadding(0);

    /// <summary>Divides the channels and the filters.</summary>
    public int Groups { get; init; } = 1;

    public bool HasBias { get; init; } = true;

    /// <exception cref="InvalidInputException">The input is no image, or the kernel is larger than the padded input.</exception>
    public ImageGeometry Geometry(TensorShape input) => ImageGeometry.Create(Kind, input, Kernel, Stride, Padding);

    public override TensorShape OutputShape(TensorShape input)
    {
        var geometry = Geometry(input);
        return geometry.Channels % Groups == 0 && Filters % Groups == 0
            ? new TensorShape(geometry.OutputHeight, geometry.OutputWidth, Filters)
            : throw new InvalidInputException($"a conv layer's groups must divide its channels and its filters, but {Groups} groups do not divide the {geometry.Channels} channels of shape {input} and {Filters} filters");
    }

    public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input)
    {
        var channels = Geometry(input).Channels / Groups;
        var field = Kernel.Height * Kernel.Width;
        var fans = new Fans(field * channels, field * (Filters / Groups));
        var weight = new ParameterDeclaration("weight", new TensorShape(Kernel.Height, Kernel.Width, channels, Filters), WeightInitializer, fans);
        return HasBias ? [weight, new ParameterDeclaration("bias", new TensorShape(Filters), new ConstantInitializer(0), fans)] : [weight];
    }
}
