using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Tests.Shared;

/// <summary>
/// The registry's cases of convolutions and poolings: odd sizes, strides, paddings, groups, widths on both sides of every vector and tile border, and each way in which neighbours are computed as one.
/// A convolution in front gives every layer's gradient by its input something to learn from it.
/// </summary>
internal static class ImageCases
{
    public static ImmutableArray<OperationCase> All { get; } =
    [
        Case("conv 3x3 same", new(5, 4, 2), Convolution(3, "3", "same"), new("tanh"), Convolution(4, "3", "same"), new("tanh")),
        Case("conv 4x3 same, more filters than a vector", new(5, 4), Convolution(18, "4x3", "same"), new("relu"), Convolution(2, "2", "same")),
        Case("conv 3x2 valid, more filters than a tile", new(4, 3), Convolution(33, "2", "valid"), new("tanh"), Convolution(3, "3x2", "valid")),
        Case("conv of a wide image", new(2, 31), Convolution(2, "2x3", "same"), new("tanh"), Convolution(17, "1x5", "valid"), new("relu")),
        Case("conv of 17 channels", new(3, 3, 17), Convolution(17, "1", "valid"), new("relu"), Convolution(3, "2", "valid")),
        Case("conv of rows longer than a tile", new(2, 8), Convolution(17, "1", "valid"), new("relu"), Convolution(2, "2x7", "same")),
        Case("conv with stride and padding", new(7, 6), Convolution(4, "3", "1", ("stride", "2")), new("relu"), Convolution(3, "2", "same", ("stride", "3x2"))),
        Case("conv with groups", new(4, 5, 4), Convolution(6, "3", "1", ("groups", 2)), new("tanh"), Convolution(6, "2", "valid", ("groups", 3), ("stride", "2x1"), ("bias", "no"))),
        Case("conv depthwise", new(4, 4, 3), Convolution(3, "3", "same", ("groups", 3)), new("relu"), Convolution(6, "3", "same", ("groups", 3))),
        Case("conv without bias", new(5, 5), Convolution(5, "3", "same", ("bias", "no")), new("relu"), Convolution(3, "3", "same", ("bias", "no")), Pool("max-pool", "2")),
        Case("conv, relu, max-pool", new(7, 5, 2), Convolution(19, "3", "same"), new("relu"), Pool("max-pool", "2"), Convolution(5, "2", "same"), new("relu"), Pool("max-pool", "3x1")),
        Case("conv, max-pool, relu", new(6, 5), Convolution(17, "3", "same"), Pool("max-pool", "2"), new("relu"), Convolution(4, "2", "valid"), Pool("max-pool", "2x1"), new("tanh")),
        Case("max-pool with overlap and padding", new(7, 6), Convolution(18, "2", "same"), new("relu"), Pool("max-pool", "3", ("stride", 2), ("padding", 1)), new("tanh")),
        Case("max-pool of samples", new(6, 4, 3), Pool("max-pool", "2x3", ("stride", "1"))),
        Case("average-pool", new(7, 5), Convolution(18, "2", "same"), new("tanh"), Pool("average-pool", "2"), Convolution(3, "2", "same"), Pool("average-pool", "3", ("stride", 2), ("padding", 1))),
        new("global-average-pool", new(4, 3, 2), [Convolution(18, "2", "same"), new("tanh"), new("global-average-pool"), new("output")]),
        new("global-max-pool", new(4, 3, 2), [Convolution(18, "2", "same"), new("global-max-pool"), new("output")]),
        new(
            "conv in branches", new(4, 4),
            [
                Convolution(3, "3", "same") with { Name = "trunk" }, new("relu"), Convolution(3, "3", "same"), new LayerSpecification("add") { From = ["conv2", "trunk"] }, new("relu"),
                Pool("max-pool", "2"), new("flatten"), new("output"),
            ]),
    ];

    private static OperationCase Case(string name, TensorShape input, params ImmutableArray<LayerSpecification> layers) => new(name, input, [.. layers, new("flatten"), new("output")]);

    private static LayerSpecification Convolution(int filters, string kernel, string padding, params (string Setting, object Value)[] settings) =>
        OperationCases.Layer("conv", [("filters", filters), ("kernel", kernel), ("padding", padding), .. settings]);

    private static LayerSpecification Pool(string kind, string kernel, params (string Setting, object Value)[] settings) => OperationCases.Layer(kind, [("kernel", kernel), .. settings]);
}
