using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Runtime.Onnx;

/// <summary>
/// Collects the nodes and tensors of an ONNX graph while a model's nodes are put into it one after the other. ONNX has images as [batch, channels, height, width], this program as
/// [batch, height, width, channels]: a value is kept in the layout in which it came about and transposed where another is asked for, once.
/// </summary>
internal sealed class OnnxGraphBuilder
{
    public const string InputName = "input";
    public const string BatchAxis = "batch";

    private readonly ModelGraph graph;
    private readonly TensorBuffer weights;
    private readonly string?[] channelsLast;
    private readonly string?[] channelsFirst;
    private readonly List<ProtobufMessage> nodes = [];
    private readonly List<ProtobufMessage> tensors = [];

    /// <param name="graph">The model.</param>
    /// <param name="weights">Flat weights in the graph's layout.</param>
    public OnnxGraphBuilder(ModelGraph graph, TensorBuffer weights)
    {
        this.graph = graph;
        this.weights = weights;
        channelsLast = new string?[graph.Nodes.Length];
        channelsFirst = new string?[graph.Nodes.Length];
        channelsLast[0] = InputName;
    }

    /// <summary>The graph so far, ending in what the model's last node gives.</summary>
    public ProtobufMessage Finish(string outputName, string inputDescription, string outputDescription)
    {
        nodes.Add(OnnxMessages.Node("Identity", outputName, [ChannelsLast(graph.Nodes[^1])], [outputName], []));
        return OnnxMessages.Graph(
            "disttrain",
            nodes,
            tensors,
            OnnxMessages.Value(InputName, BatchAxis, graph.InputShape.Dimensions, inputDescription),
            OnnxMessages.Value(outputName, BatchAxis, graph.OutputShape.Dimensions, outputDescription));
    }

    public GraphNode Input(GraphNode node, int position = 0) => graph.Nodes[node.Inputs[position]];

    /// <summary>What a node gives, [batch, ...its shape].</summary>
    public string ChannelsLast(GraphNode node) =>
        channelsLast[node.Index] ??= Emit(node, "channels-last", "Transpose", [channelsFirst[node.Index]!], OnnxMessages.Attribute("perm", 0, 2, 3, 1));

    /// <summary>What a node gives as an image, [batch, channels, height, width]; [height, width] counts as one channel.</summary>
    public string ChannelsFirst(GraphNode node) => channelsFirst[node.Index] ??= node.OutputShape.Rank == 2
        ? Reshape(node, "channels-first", ChannelsLast(node), 1, node.OutputShape[0], node.OutputShape[1])
        : Emit(node, "channels-first", "Transpose", [ChannelsLast(node)], OnnxMessages.Attribute("perm", 0, 3, 1, 2));

    /// <summary>Whether a node's value came about as an image of ONNX's layout.</summary>
    public bool IsChannelsFirst(GraphNode node) => node.OutputShape.Rank == 3 && channelsFirst[node.Index] is not null;

    /// <summary>What a node gives, for operations to which the layout means nothing: the answer in the layout in which it is there.</summary>
    public string Any(GraphNode node) => IsChannelsFirst(node) ? ChannelsFirst(node) : ChannelsLast(node);

    public void Give(GraphNode node, string value, bool isChannelsFirst = false) => (isChannelsFirst ? channelsFirst : channelsLast)[node.Index] = value;

    /// <summary>Makes a node's value another's, in whatever layouts that is there.</summary>
    public void GiveSame(GraphNode node, GraphNode source) =>
        (channelsLast[node.Index], channelsFirst[node.Index]) = (channelsLast[source.Index], source.OutputShape.Rank == 3 ? channelsFirst[source.Index] : null);

    /// <summary>Adds an ONNX node with one output.</summary>
    /// <param name="node">The model's node for which it is there.</param>
    /// <param name="part">What it does for it; unique within the node.</param>
    /// <returns>The output's name.</returns>
    public string Emit(GraphNode node, string part, string operation, IEnumerable<string> inputs, params IEnumerable<ProtobufMessage> attributes) =>
        EmitOutputs(node, part, operation, inputs, [$"{node.Name}.{part}"], attributes);

    /// <summary>As <see cref="Emit"/>, where the wanted output is not the first: those before it have empty names, which is ONNX's way to leave them out.</summary>
    public string EmitOutputs(GraphNode node, string part, string operation, IEnumerable<string> inputs, ImmutableArray<string> outputs, params IEnumerable<ProtobufMessage> attributes)
    {
        nodes.Add(OnnxMessages.Node(operation, $"{node.Name}.{part}", inputs, outputs, attributes));
        return outputs[^1];
    }

    /// <summary>The value with other extents behind the batch axis.</summary>
    public string Reshape(GraphNode node, string part, string value, params ImmutableArray<long> extents)
    {
        // An extent of 0 copies that of the input: the batch stays open.
        return Emit(node, part, "Reshape", [value, Numbers(node, $"{part}-shape", [0, .. extents])]);
    }

    public string Numbers(GraphNode node, string part, params ImmutableArray<long> values)
    {
        tensors.Add(OnnxMessages.Tensor($"{node.Name}.{part}", values));
        return $"{node.Name}.{part}";
    }

    public string Scalar(GraphNode node, string part, double value) => Constant(node, part, [], new[] { (float)value });

    public string Constant(GraphNode node, string part, IEnumerable<int> shape, ReadOnlyMemory<float> values)
    {
        tensors.Add(OnnxMessages.Tensor($"{node.Name}.{part}", shape, values));
        return $"{node.Name}.{part}";
    }

    /// <summary>A parameter tensor as it is stored.</summary>
    public ReadOnlyMemory<float> Values(GraphNode node, int parameter)
    {
        var tensor = graph.Layout.Tensors[node.Parameters[parameter]];
        return weights.Memory.Slice(tensor.Offset, tensor.Length);
    }

    /// <summary>Adds a parameter tensor as it is stored.</summary>
    public string Parameter(GraphNode node, int parameter)
    {
        var tensor = graph.Layout.Tensors[node.Parameters[parameter]];
        tensors.Add(OnnxMessages.Tensor(tensor.Name, tensor.Shape.Dimensions, Values(node, parameter)));
        return tensor.Name;
    }
}
