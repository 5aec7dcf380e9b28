using DistTrain.Learning;
using DistTrain.Learning.Graph;
using static DistTrain.Runtime.Onnx.OnnxMessages;

namespace DistTrain.Runtime.Onnx;

/// <summary>The ONNX forms of operations on images, which are [batch, channels, height, width] there.</summary>
internal static class OnnxImageOperations
{
    private const string Value = "value";

    public static void AddConvolution(OnnxGraphBuilder builder, GraphNode node, Conv2dOperation convolution)
    {
        var input = builder.Input(node);
        var geometry = convolution.Geometry(input.OutputShape);
        var channels = geometry.Channels / convolution.Groups;
        var weight = builder.Constant(
            node,
            "weight",
            [convolution.Filters, channels, geometry.Kernel.Height, geometry.Kernel.Width],
            FiltersFirst(builder.Values(node, 0).Span, geometry.Kernel.Height * geometry.Kernel.Width, channels, convolution.Filters));
        string[] inputs = convolution.HasBias ? [builder.ChannelsFirst(input), weight, builder.Parameter(node, 1)] : [builder.ChannelsFirst(input), weight];
        builder.Give(
            node, builder.Emit(node, Value, "Conv", inputs, [.. Window(geometry), Attribute("group", (long)convolution.Groups)]), isChannelsFirst: true);
    }

    /// <exception cref="InvalidInputException">The pooling has no ONNX form.</exception>
    public static void AddPool(OnnxGraphBuilder builder, GraphNode node, PoolOperation pool)
    {
        var input = builder.Input(node);
        var image = builder.ChannelsFirst(input);
        switch (pool)
        {
            case MaxPool2dOperation:
                builder.Give(node, builder.Emit(node, Value, "MaxPool", [image], Window(pool.Geometry(input.OutputShape))), isChannelsFirst: true);
                break;
            case AveragePool2dOperation:
                var window = Window(pool.Geometry(input.OutputShape)).Append(Attribute("count_include_pad", 1L));
                builder.Give(node, builder.Emit(node, Value, "AveragePool", [image], window), isChannelsFirst: true);
                break;
            case GlobalPoolOperation:
                var operation = pool is GlobalAveragePoolOperation ? "GlobalAveragePool" : "GlobalMaxPool";
                builder.Give(node, builder.Emit(node, Value, "Flatten", [builder.Emit(node, "pixel", operation, [image])], Attribute("axis", 1L)));
                break;
            default:
                throw new InvalidInputException($"layer '{node.Name}' cannot be exported: a {pool.Kind} layer has no ONNX form here");
        }
    }

    private static ProtobufMessage[] Window(ImageGeometry geometry) =>
    [
        Attribute("kernel_shape", geometry.Kernel.Height, geometry.Kernel.Width),
        Attribute("strides", geometry.Stride.Height, geometry.Stride.Width),
        Attribute("pads", geometry.Top, geometry.Left, geometry.Bottom, geometry.Right),
    ];

    /// <summary>[taps, channels, filters] as [filters, channels, taps].</summary>
    private static float[] FiltersFirst(ReadOnlySpan<float> weight, int taps, int channels, int filters)
    {
        var moved = new float[weight.Length];
        for (var tap = 0; tap < taps; tap++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                for (var filter = 0; filter < filters; filter++)
                {
                    moved[(((filter * channels) + channel) * taps) + tap] = weight[(((tap * channels) + channel) * filters) + filter];
                }
            }
        }

        return moved;
    }
}
