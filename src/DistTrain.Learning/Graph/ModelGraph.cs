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
    private ModelGraph(ImmutableArray<GraphNode> nodes, ParameterLayout layout)
    {
        Nodes = nodes;
        Layout = layout;
    }

    public ImmutableArray<GraphNode> Nodes { get; }

    public ParameterLayout Layout { get; }

    public TensorShape InputShape => Nodes[0].OutputShape;

    public TensorShape OutputShape => Nodes[^1].OutputShape;

    /// <summary>Builds the graph of a chain of operations and works out every shape.</summary>
    /// <param name="inputShape">Shape of one sample.</param>
    /// <param name="operations">In the order in which data flows.</param>
    /// <exception cref="InvalidInputException">Shapes do not fit; the message names the layer and the shape it gets.</exception>
    public static ModelGraph Chain(TensorShape inputShape, IEnumerable<Operation> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        var nodes = ImmutableArray.CreateBuilder<GraphNode>();
        var declarations = new List<(string, ParameterDeclaration)>();
        var countByKind = new SortedDictionary<string, int>(StringComparer.Ordinal);
        nodes.Add(new GraphNode(0, "input", new InputOperation(), [], inputShape, []));
        foreach (var operation in operations)
        {
            var previous = nodes[^1];
            var number = countByKind[operation.Kind] = countByKind.GetValueOrDefault(operation.Kind) + 1;
            var name = $"{operation.Kind}{number}";
            var shape = OutputShapeOf(operation, name, previous);
            var parameters = ImmutableArray.CreateBuilder<int>();
            foreach (var declaration in operation.Parameters(previous.OutputShape))
            {
                parameters.Add(declarations.Count);
                declarations.Add(($"{name}.{declaration.Role}", declaration));
            }

            nodes.Add(new GraphNode(nodes.Count, name, operation, [previous.Index], shape, parameters.ToImmutable()));
        }

        return new ModelGraph(nodes.ToImmutable(), new ParameterLayout(declarations));
    }

    private static TensorShape OutputShapeOf(Operation operation, string name, GraphNode previous)
    {
        try
        {
            return operation.OutputShape(previous.OutputShape);
        }
        catch (InvalidInputException refusal)
        {
            throw new InvalidInputException($"layer {name} after {previous.Name}: {refusal.Message}", refusal);
        }
    }
}
