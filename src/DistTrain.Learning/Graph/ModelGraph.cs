using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>One operation in a graph. <see cref="Inputs"/> are indices of earlier nodes; <see cref="Parameters"/> are indices into the layout's tensors.</summary>
public sealed record GraphNode(
    int Index, string Name, Operation Operation, ImmutableArray<int> Inputs, TensorShape OutputShape, ImmutableArray<int> Parameters);

/// <summary>
/// A model as a graph of typed operations in topological order: node 0 is the input, the last node is the output that the loss reads.
/// Immutable, and the same on every node of a cluster.
/// </summary>
public sealed class ModelGraph
{
    internal ModelGraph(ImmutableArray<GraphNode> nodes, ParameterLayout layout)
    {
        Nodes = nodes;
        Layout = layout;
        Consumers = [.. nodes.Select(node => nodes.SelectMany(other => other.Inputs.Where(input => input == node.Index).Select(_ => other.Index)).ToImmutableArray())];
        var needs = new bool[nodes.Length];
        foreach (var node in nodes)
        {
            needs[node.Index] = node.Parameters.Length > 0 || node.Inputs.Any(input => needs[input]);
        }

        NeedsGradient = [.. needs];
    }

    public ImmutableArray<GraphNode> Nodes { get; }

    public ParameterLayout Layout { get; }

    public TensorShape InputShape => Nodes[0].OutputShape;

    public TensorShape OutputShape => Nodes[^1].OutputShape;

    /// <summary>[nodes] indices of the nodes that read each node's output, ascending; a node that reads it twice stands there twice.</summary>
    public ImmutableArray<ImmutableArray<int>> Consumers { get; }

    /// <summary>
    /// [nodes] whether the loss's gradient by the node's output is of use: the node or one in front of it has parameters. Where it is not, engines compute none.
    /// A node with several consumers has as its gradient the sum of their contributions, added from the last consumer to the first, and within a consumer in the order of its inputs.
    /// </summary>
    public ImmutableArray<bool> NeedsGradient { get; }

    /// <summary>The graph of a chain: each operation reads the one before it.</summary>
    /// <param name="inputShape">Shape of one sample.</param>
    /// <param name="operations">In the order in which data flows.</param>
    /// <exception cref="InvalidInputException">Shapes do not fit; the message names the layer and the shape it gets.</exception>
    public static ModelGraph Chain(TensorShape inputShape, IEnumerable<Operation> operations)
    {
        var builder = new ModelGraphBuilder(inputShape);
        foreach (var operation in operations)
        {
            builder.Add(operation);
        }

        return builder.Build();
    }
}
