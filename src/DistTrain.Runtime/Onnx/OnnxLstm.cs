using DistTrain.Learning.Graph;
using static DistTrain.Runtime.Onnx.OnnxMessages;

namespace DistTrain.Runtime.Onnx;

/// <summary>
/// The ONNX form of an LSTM: inputs [steps, batch, features], weights with one row an output, gates in the order i, o, f, c, and two biases, of which ours is the first. Ours has the order i, f, g (that
/// is c), o and one column an output.
/// </summary>
internal static class OnnxLstm
{
    private const int GateCount = 4;

    /// <summary>Where each gate of ONNX's order stands in ours.</summary>
    private static readonly int[] GateOrder = [0, 3, 1, 2];

    public static void Add(OnnxGraphBuilder builder, GraphNode node, LstmOperation lstm)
    {
        var input = builder.Input(node);
        var (steps, features) = (LstmOperation.StepsOf(input.OutputShape), LstmOperation.FeaturesOf(input.OutputShape));
        var sequence = input.OutputShape.Rank == 2 ? builder.ChannelsLast(input) : builder.Reshape(node, "sequence", builder.ChannelsLast(input), steps, features);
        var width = GateCount * lstm.Units;
        string[] inputs =
        [
            builder.Emit(node, "steps-first", "Transpose", [sequence], Attribute("perm", 1, 0, 2)),
            builder.Constant(node, "input-weight", [1, width, features], GateRows(builder.Values(node, 0).Span, features, lstm.Units)),
            builder.Constant(node, "hidden-weight", [1, width, lstm.Units], GateRows(builder.Values(node, 1).Span, lstm.Units, lstm.Units)),
            builder.Constant(node, "biases", [1, 2 * width], (float[])[.. GateRows(builder.Values(node, 2).Span, 1, lstm.Units), .. new float[width]]),
        ];
        var hiddenSize = Attribute("hidden_size", (long)lstm.Units);
        if (lstm.ReturnsAllSteps)
        {
            // [steps, directions, batch, units] without the one direction, batch first.
            var all = builder.Emit(node, "all", "LSTM", inputs, hiddenSize);
            var one = builder.Emit(node, "one-direction", "Squeeze", [all, builder.Numbers(node, "direction-axis", 1)]);
            builder.Give(node, builder.Emit(node, "value", "Transpose", [one], Attribute("perm", 1, 0, 2)));
            return;
        }

        var last = builder.EmitOutputs(node, "last", "LSTM", inputs, ["", $"{node.Name}.last"], hiddenSize);
        builder.Give(node, builder.Emit(node, "value", "Squeeze", [last, builder.Numbers(node, "direction-axis", 0)]));
    }

    /// <summary>[inputs, 4 · units] in our order of gates as [4 · units, inputs] in ONNX's.</summary>
    private static float[] GateRows(ReadOnlySpan<float> weight, int inputs, int units)
    {
        var rows = new float[weight.Length];
        for (var gate = 0; gate < GateCount; gate++)
        {
            for (var unit = 0; unit < units; unit++)
            {
                for (var input = 0; input < inputs; input++)
                {
                    rows[(((gate * units) + unit) * inputs) + input] = weight[(input * GateCount * units) + (GateOrder[gate] * units) + unit];
                }
            }
        }

        return rows;
    }
}
