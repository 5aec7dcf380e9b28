using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>How the layers on images are written down, and the named models made of them.</summary>
internal static class ImageLayers
{
    private static readonly LayerSetting Kernel = new("kernel", text => ImageSize.TryParse(text, out _), "a size in pixels such as 5, or 5x3 (height x width)");
    private static readonly LayerSetting Stride = new("stride", text => ImageSize.TryParse(text, out _), "a step in pixels such as 2, or 2x1 (down x right)");
    private static readonly LayerSetting Padding = new("padding", text => ImagePadding.TryParse(text, out _), "same, valid, or a number of pixels");

    public static ImmutableArray<LayerSetting> ConvolutionSettings { get; } =
        [LayerSetting.WholeNumber("filters", 1), Kernel, Stride, Padding, LayerSetting.WholeNumber("groups", 1), LayerSetting.Switch("bias"), LayerSetting.Initializer];

    public static ImmutableArray<LayerSetting> PoolSettings { get; } = [Kernel, Stride, Padding];

    /// <summary>
    /// conv 5x5x32, ReLU, max-pool 2, conv 5x5x64, ReLU, max-pool 2, dense 1024, ReLU, output; "same" padding. The network of McMahan et al., "Communication-efficient learning of deep networks from
    /// decentralized data", 2017, section 3, with a wider dense layer.
    /// </summary>
    public static ImmutableArray<LayerSpecification> Cnn { get; } =
    [
        Convolution(32, "same"), new("relu"), Pool("max-pool"), Convolution(64, "same"), new("relu"), Pool("max-pool"),
        new("flatten"), Dense(1024), new("relu"), new("output"),
    ];

    /// <summary>
    /// conv 5x5x6 "same", tanh, average-pool 2, conv 5x5x16, tanh, average-pool 2, dense 120, tanh, dense 84, tanh, output: LeCun et al., "Gradient-based learning applied to document recognition",
    /// 1998, section II.B, as commonly used: every filter of the second convolution reads all channels, pooling has no weights, tanh is not scaled, and the output is a dense layer.
    /// </summary>
    public static ImmutableArray<LayerSpecification> LeNet5 { get; } =
    [
        Convolution(6, "same"), new("tanh"), Pool("average-pool"), Convolution(16, "valid"), new("tanh"), Pool("average-pool"),
        new("flatten"), Dense(120), new("tanh"), Dense(84), new("tanh"), new("output"),
    ];

    public static Operation Convolution(LayerReading layer) =>
        new Conv2dOperation(layer.WholeNumber("filters"), KernelOf(layer), layer.Initializer())
        {
            Stride = StrideOf(layer, new ImageSize(1, 1)), Padding = PaddingOf(layer), Groups = layer.WholeNumber("groups", 1), HasBias = layer.Switch("bias", true),
        };

    public static Operation MaxPool(LayerReading layer) => new MaxPool2dOperation(KernelOf(layer)) { Stride = StrideOf(layer, KernelOf(layer)), Padding = PaddingOf(layer) };

    public static Operation AveragePool(LayerReading layer) => new AveragePool2dOperation(KernelOf(layer)) { Stride = StrideOf(layer, KernelOf(layer)), Padding = PaddingOf(layer) };

    private static ImageSize KernelOf(LayerReading layer) =>
        ImageSize.TryParse(layer.Text("kernel", ""), out var size) ? size : throw new InvalidInputException($"{layer.Title} needs 'kernel'");

    private static ImageSize StrideOf(LayerReading layer, ImageSize otherwise) => ImageSize.TryParse(layer.Text("stride", ""), out var size) ? size : otherwise;

    private static ImagePadding PaddingOf(LayerReading layer) => ImagePadding.TryParse(layer.Text("padding", "valid"), out var padding) ? padding : new FixedPadding(0);

    private static LayerSpecification Convolution(int filters, string padding) => new LayerSpecification("conv").With("filters", filters).With("kernel", 5).With("padding", padding);

    private static LayerSpecification Pool(string kind) => new LayerSpecification(kind).With("kernel", 2);

    private static LayerSpecification Dense(int units) => new LayerSpecification("dense").With("units", units);
}
