using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using static DistTrain.Runtime.Onnx.OnnxMessages;

namespace DistTrain.Runtime.Onnx;

/// <summary>The ONNX form of each operation in evaluation, by operator set 13: https://github.com/onnx/onnx/blob/main/docs/Operators.md.</summary>
internal static class OnnxOperations
{
    private const string Value = "value";

    /// <exception cref="InvalidInputException">The operation has no ONNX form.</exception>
    public static void Add(OnnxGraphBuilder builder, GraphNode node)
    {
        switch (node.Operation)
        {
            case FlattenOperation:
                builder.Give(node, builder.Emit(node, Value, "Flatten", [builder.ChannelsLast(builder.Input(node))], Attribute("axis", 1L)));
                break;
            case AddOperation:
                AddSum(builder, node);
                break;
            case ConcatOperation:
                AddConcatenation(builder, node);
                break;
            case LstmOperation lstm:
                OnnxLstm.Add(builder, node, lstm);
                break;
            case DropoutOperation:
                // Nothing in evaluation.
                builder.GiveSame(node, builder.Input(node));
                break;
            case EmbeddingOperation:
                builder.Give(node, builder.Emit(
                    node, Value, "Gather", [builder.Parameter(node, 0), builder.Emit(node, "tokens", "Cast", [builder.ChannelsLast(builder.Input(node))], Attribute("to", OnnxMessages.Int64Elements))]));
                break;
            case DenseOperation:
                AddDense(builder, node);
                break;
            case BatchNormOperation norm:
                AddBatchNorm(builder, node, norm);
                break;
            case LayerNormOperation norm:
                AddLayerNorm(builder, node, norm);
                break;
            case Conv2dOperation convolution:
                OnnxImageOperations.AddConvolution(builder, node, convolution);
                break;
            case PoolOperation pool:
                OnnxImageOperations.AddPool(builder, node, pool);
                break;
            case ElementwiseOperation or SoftmaxOperation when OnnxActivations.TryAdd(builder, node):
                break;
            default:
                throw new InvalidInputException($"layer '{node.Name}' cannot be exported: a {node.Operation.Kind} layer has no ONNX form here");
        }
    }

    private static void AddSum(OnnxGraphBuilder builder, GraphNode node)
    {
        var inputs = Enumerable.Range(0, node.Inputs.Length).Select(position => builder.Input(node, position)).ToArray();
        var isImage = inputs.Any(builder.IsChannelsFirst);
        var values = inputs.Select(input => isImage ? builder.ChannelsFirst(input) : builder.ChannelsLast(input)).ToArray();
        builder.Give(node, builder.Emit(node, Value, "Sum", values), isImage);
    }

    private static void AddConcatenation(OnnxGraphBuilder builder, GraphNode node)
    {
        var values = Enumerable.Range(0, node.Inputs.Length).Select(position => builder.ChannelsLast(builder.Input(node, position))).ToArray();
        builder.Give(node, builder.Emit(node, Value, "Concat", values, Attribute("axis", -1L)));
    }

    private static void AddDense(OnnxGraphBuilder builder, GraphNode node)
    {
        var input = builder.Input(node);
        var (value, weight, bias) = (builder.ChannelsLast(input), builder.Parameter(node, 0), builder.Parameter(node, 1));
        builder.Give(node, input.OutputShape.Rank == 1
            ? builder.Emit(node, Value, "Gemm", [value, weight, bias])
            : builder.Emit(node, Value, "Add", [builder.Emit(node, "product", "MatMul", [value, weight]), bias]));
    }

    private static void AddBatchNorm(OnnxGraphBuilder builder, GraphNode node, BatchNormOperation norm)
    {
        var input = builder.Input(node);
        var rank = input.OutputShape.Rank;
        var moved = rank switch
        {
            3 => builder.ChannelsFirst(input),
            2 => builder.Emit(node, "channels-second", "Transpose", [builder.ChannelsLast(input)], Attribute("perm", 0, 2, 1)),
            _ => builder.ChannelsLast(input),
        };
        string[] inputs = [moved, .. Enumerable.Range(0, node.Parameters.Length).Select(parameter => builder.Parameter(node, parameter))];
        var value = builder.Emit(node, rank == 2 ? "normal" : Value, "BatchNormalization", inputs, Attribute("epsilon", norm.Epsilon));
        builder.Give(node, rank == 2 ? builder.Emit(node, Value, "Transpose", [value], Attribute("perm", 0, 2, 1)) : value, rank == 3);
    }

    /// <summary>In its parts, because operator set 13 has no layer normalisation.</summary>
    private static void AddLayerNorm(OnnxGraphBuilder builder, GraphNode node, LayerNormOperation norm)
    {
        ProtobufMessage[] lastAxis = [Attribute("axes", ImmutableArray.Create(-1L)), Attribute("keepdims", 1L)];
        var value = builder.ChannelsLast(builder.Input(node));
        var difference = builder.Emit(node, "difference", "Sub", [value, builder.Emit(node, "mean", "ReduceMean", [value], lastAxis)]);
        var variance = builder.Emit(node, "variance", "ReduceMean", [builder.Emit(node, "square", "Mul", [difference, difference])], lastAxis);
        var deviation = builder.Emit(node, "deviation", "Sqrt", [builder.Emit(node, "stable-variance", "Add", [variance, builder.Scalar(node, "epsilon", norm.Epsilon)])]);
        var normal = builder.Emit(node, "normal", "Div", [difference, deviation]);
        builder.Give(node, builder.Emit(node, Value, "Add", [builder.Emit(node, "scaled", "Mul", [normal, builder.Parameter(node, 0)]), builder.Parameter(node, 1)]));
    }
}
