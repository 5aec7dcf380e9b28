using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>The named models with residual blocks.</summary>
internal static class ResidualModels
{
    /// <summary>
    /// conv 3x3x16, batch norm, ReLU; three residual blocks of two 3x3 convolutions with 16, 32 and 64 filters, the first of the second and third block with stride 2; global average pool, output. He et al.,
    /// "Deep residual learning for image recognition", 2016, section 4.2 with n = 1 (which counts 8 layers with weights), with their option B: where the shape changes the shortcut is a 1x1 convolution with
    /// batch norm. Convolutions have no bias, because batch norm follows each.
    /// </summary>
    public static ImmutableArray<LayerSpecification> ResNet8 { get; } =
    [
        .. ConvolutionAndNorm("stem", 16, 3, 1, []), Named("block0", new("relu")),
        .. Block(1, 16, 1), .. Block(2, 32, 2), .. Block(3, 64, 2),
        new("global-average-pool"), new("output"),
    ];

    /// <summary>conv, norm, ReLU, conv, norm, plus the shortcut from the block before, ReLU.</summary>
    private static IEnumerable<LayerSpecification> Block(int number, int filters, int stride)
    {
        var (name, input) = ($"block{number}", $"block{number - 1}");
        var changesShape = stride != 1;
        return
        [
            .. ConvolutionAndNorm($"{name}-first", filters, 3, stride, [input]), new("relu"),
            .. ConvolutionAndNorm($"{name}-second", filters, 3, 1, []),
            .. changesShape ? ConvolutionAndNorm($"{name}-shortcut", filters, 1, stride, [input]) : [],
            new LayerSpecification("add") { Name = $"{name}-sum", From = [$"{name}-second-norm", changesShape ? $"{name}-shortcut-norm" : input] },
            Named(name, new("relu")),
        ];
    }

    private static IEnumerable<LayerSpecification> ConvolutionAndNorm(string name, int filters, int kernel, int stride, ImmutableArray<string> from) =>
    [
        Named(name, new LayerSpecification("conv").With("filters", filters).With("kernel", kernel).With("stride", stride).With("padding", kernel / 2).With("bias", "false").With("initializer", "kaiming-normal")) with
        {
            From = from,
        },
        Named($"{name}-norm", new("batch-norm")),
    ];

    private static LayerSpecification Named(string name, LayerSpecification layer) => layer with { Name = name };
}
