using System.Collections.Immutable;

namespace DistTrain.Runtime.Onnx;

/// <summary>
/// The messages of an ONNX file, with the field numbers of onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
/// </summary>
internal static class OnnxMessages
{
    /// <summary>The type of tensors of 64-bit whole numbers.</summary>
    public const long Int64Elements = 7;

    private const long FloatElements = 1;

    public static ProtobufMessage Model(ProtobufMessage graph, long irVersion, long opset, string producerVersion, string description, IEnumerable<(string Key, string Value)> metadata)
    {
        var model = new ProtobufMessage()
            .Add(1, irVersion).Add(2, "disttrain").Add(3, producerVersion).Add(6, description).Add(7, graph).Add(8, new ProtobufMessage().Add(1, "").Add(2, opset));
        foreach (var (key, value) in metadata)
        {
            model.Add(14, new ProtobufMessage().Add(1, key).Add(2, value));
        }

        return model;
    }

    public static ProtobufMessage Graph(
        string name, IEnumerable<ProtobufMessage> nodes, IEnumerable<ProtobufMessage> tensors, ProtobufMessage input, ProtobufMessage output)
    {
        var graph = new ProtobufMessage();
        foreach (var node in nodes)
        {
            graph.Add(1, node);
        }

        graph.Add(2, name);
        foreach (var tensor in tensors)
        {
            graph.Add(5, tensor);
        }

        return graph.Add(11, input).Add(12, output);
    }

    public static ProtobufMessage Node(string operation, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, IEnumerable<ProtobufMessage> attributes)
    {
        var node = new ProtobufMessage();
        foreach (var input in inputs)
        {
            node.Add(1, input);
        }

        foreach (var output in outputs)
        {
            node.Add(2, output);
        }

        node.Add(3, name).Add(4, operation);
        foreach (var attribute in attributes)
        {
            node.Add(5, attribute);
        }

        return node;
    }

    public static ProtobufMessage Attribute(string name, double value) => new ProtobufMessage().Add(1, name).Add(2, (float)value).Add(20, 1L);

    public static ProtobufMessage Attribute(string name, long value) => new ProtobufMessage().Add(1, name).Add(3, value).Add(20, 2L);

    public static ProtobufMessage Attribute(string name, params ImmutableArray<long> values)
    {
        var attribute = new ProtobufMessage().Add(1, name);
        foreach (var value in values)
        {
            attribute.Add(8, value);
        }

        return attribute.Add(20, 7L);
    }

    public static ProtobufMessage Tensor(string name, IEnumerable<int> shape, ReadOnlyMemory<float> values) =>
        Dimensions(shape).Add(2, FloatElements).Add(8, name).AddBytes(9, values);

    /// <summary>A vector of whole numbers.</summary>
    public static ProtobufMessage Tensor(string name, params ImmutableArray<long> values)
    {
        var tensor = Dimensions([values.Length]).Add(2, Int64Elements);
        foreach (var value in values)
        {
            tensor.Add(7, value);
        }

        return tensor.Add(8, name);
    }

    /// <summary>A float32 input or output whose first axis is open.</summary>
    public static ProtobufMessage Value(string name, string openAxis, IEnumerable<int> shape, string description)
    {
        var dimensions = new ProtobufMessage().Add(1, new ProtobufMessage().Add(2, openAxis));
        foreach (var extent in shape)
        {
            dimensions.Add(1, new ProtobufMessage().Add(1, (long)extent));
        }

        var tensor = new ProtobufMessage().Add(1, FloatElements).Add(2, dimensions);
        return new ProtobufMessage().Add(1, name).Add(2, new ProtobufMessage().Add(1, tensor)).Add(3, description);
    }

    private static ProtobufMessage Dimensions(IEnumerable<int> shape)
    {
        var tensor = new ProtobufMessage();
        foreach (var extent in shape)
        {
            tensor.Add(1, (long)extent);
        }

        return tensor;
    }
}
