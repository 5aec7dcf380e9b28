using System.Collections.Immutable;
using DistTrain.Learning.Graph;
using static DistTrain.Runtime.Onnx.OnnxMessages;

namespace DistTrain.Runtime.Onnx;

/// <summary>The ONNX forms of the activations; those that operator set 13 does not have are put together from smaller parts by their formulas.</summary>
internal static class OnnxActivations
{
    private const string Value = "value";
    private const double CubicShare = 0.044715;
    private static readonly double InverseRootOfTwo = 1 / Math.Sqrt(2);
    private static readonly double RootOfTwoOverPi = Math.Sqrt(2 / Math.PI);

    /// <summary>Whether the operation is one of them.</summary>
    public static bool TryAdd(OnnxGraphBuilder builder, GraphNode node)
    {
        switch (node.Operation)
        {
            case ReluOperation:
                return Add(builder, node, "Relu");
            case LeakyReluOperation leaky:
                return Add(builder, node, "LeakyRelu", Attribute("alpha", leaky.Slope));
            case EluOperation elu:
                return Add(builder, node, "Elu", Attribute("alpha", elu.Alpha));
            case TanhOperation:
                return Add(builder, node, "Tanh");
            case SigmoidOperation:
                return Add(builder, node, "Sigmoid");
            case SoftmaxOperation:
                builder.Give(node, builder.Emit(node, Value, "Softmax", [builder.ChannelsLast(builder.Input(node))], Attribute("axis", -1L)));
                return true;
            case SwishOperation:
                return AddProduct(builder, node, builder.Emit(node, "share", "Sigmoid", [builder.Any(builder.Input(node))]));
            case GeluOperation:
                return AddGelu(builder, node, builder.Emit(node, "erf", "Erf", [Times(builder, node, "scaled", builder.Any(builder.Input(node)), InverseRootOfTwo)]));
            case GeluTanhOperation:
                return AddGelu(builder, node, builder.Emit(node, "tanh", "Tanh", [TanhArgument(builder, node, builder.Any(builder.Input(node)))]));
            default:
                return false;
        }
    }

    private static bool Add(OnnxGraphBuilder builder, GraphNode node, string operation, params ImmutableArray<ProtobufMessage> attributes)
    {
        var input = builder.Input(node);
        builder.Give(node, builder.Emit(node, Value, operation, [builder.Any(input)], attributes), builder.IsChannelsFirst(input));
        return true;
    }

    /// <summary>x · share.</summary>
    private static bool AddProduct(OnnxGraphBuilder builder, GraphNode node, string share)
    {
        var input = builder.Input(node);
        builder.Give(node, builder.Emit(node, Value, "Mul", [builder.Any(input), share]), builder.IsChannelsFirst(input));
        return true;
    }

    /// <summary>x · (1 + <paramref name="bend"/>) / 2.</summary>
    private static bool AddGelu(OnnxGraphBuilder builder, GraphNode node, string bend)
    {
        var raised = builder.Emit(node, "raised", "Add", [bend, builder.Scalar(node, "one", 1)]);
        return AddProduct(builder, node, Times(builder, node, "share", raised, 0.5));
    }

    /// <summary>√(2/π) · (x + 0.044715 x³).</summary>
    private static string TanhArgument(OnnxGraphBuilder builder, GraphNode node, string x)
    {
        var cube = builder.Emit(node, "cube", "Mul", [builder.Emit(node, "square", "Mul", [x, x]), x]);
        var sum = builder.Emit(node, "sum", "Add", [x, Times(builder, node, "cubic", cube, CubicShare)]);
        return Times(builder, node, "argument", sum, RootOfTwoOverPi);
    }

    private static string Times(OnnxGraphBuilder builder, GraphNode node, string part, string value, double factor) =>
        builder.Emit(node, part, "Mul", [value, builder.Scalar(node, $"{part}-factor", factor)]);
}
