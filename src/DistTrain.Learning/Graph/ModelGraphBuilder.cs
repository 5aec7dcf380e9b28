using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>Puts a graph together node by node, in topological order, and works out every shape.</summary>
public sealed class ModelGraphBuilder
{
    private readonly List<GraphNode> nodes = [];
    private readonly List<(string, ParameterDeclaration)> declarations = [];
    private readonly Dictionary<string, int> countByKind = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> indexByName = new(StringComparer.Ordinal);

    /// <param name="inputShape">Shape of one sample.</param>
    public ModelGraphBuilder(TensorShape inputShape)
    {
        nodes.Add(new GraphNode(0, "input", new InputOperation(), [], inputShape, []));
        indexByName.Add("input", 0);
    }

    /// <summary>Adds a node.</summary>
    /// <param name="operation">What it computes.</param>
    /// <param name="name">Unique in the graph; null for the kind with its number, such as <c>dense2</c>.</param>
    /// <param name="inputs">Names of the nodes that it reads; empty for the node added last.</param>
    /// <returns>The node's name.</returns>
    /// <exception cref="InvalidInputException">The name is taken, an input is unknown, or shapes do not fit; the message names the layers and their shapes.</exception>
    public string Add(Operation operation, string? name = null, ImmutableArray<string> inputs = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var number = countByKind[operation.Kind] = countByKind.GetValueOrDefault(operation.Kind) + 1;
        name ??= $"{operation.Kind}{number}";
        if (indexByName.ContainsKey(name))
        {
            throw new InvalidInputException($"two layers of the model are named '{name}'");
        }

        var sources = inputs.IsDefaultOrEmpty ? [nodes[^1].Index] : inputs.Select(input => IndexOf(input, name)).ToImmutableArray();
        var inputShapes = sources.Select(source => nodes[source].OutputShape).ToImmutableArray();
        CheckReadsSamples(operation, name, sources);
        var shape = OutputShapeOf(operation, name, sources, inputShapes);
        var parameters = ImmutableArray.CreateBuilder<int>();
        foreach (var declaration in operation.Parameters(inputShapes))
        {
            parameters.Add(declarations.Count);
            declarations.Add(($"{name}.{declaration.Role}", declaration));
        }

        indexByName.Add(name, nodes.Count);
        nodes.Add(new GraphNode(nodes.Count, name, operation, sources, shape, parameters.ToImmutable()));
        return name;
    }

    /// <exception cref="InvalidInputException">A node other than the last one is read by nobody.</exception>
    public ModelGraph Build()
    {
        var read = nodes.SelectMany(node => node.Inputs).ToHashSet();
        var unused = nodes.FirstOrDefault(node => node.Index < nodes.Count - 1 && !read.Contains(node.Index));
        return unused is null
            ? new ModelGraph([.. nodes], new ParameterLayout(declarations))
            : throw new InvalidInputException($"nothing reads the output of layer '{unused.Name}': name it in the 'from' of a later layer, or leave it out");
    }

    private void CheckReadsSamples(Operation operation, string name, ImmutableArray<int> sources)
    {
        foreach (var source in operation is EmbeddingOperation ? sources : [])
        {
            var node = nodes[source];
            while (node.Operation is FlattenOperation)
            {
                node = nodes[node.Inputs[0]];
            }

            if (node.Index != 0)
            {
                throw new InvalidInputException($"layer {name} after {nodes[source].Name}: an embedding layer reads token numbers, which only the samples hold: it must be the first layer");
            }
        }
    }

    private int IndexOf(string input, string reader) => indexByName.TryGetValue(input, out var index)
        ? index
        : throw new InvalidInputException($"layer '{reader}' reads from '{input}', but no layer before it has that name: a layer can only read from layers that stand above it, so that data never flows in a circle");

    private TensorShape OutputShapeOf(Operation operation, string name, ImmutableArray<int> sources, ImmutableArray<TensorShape> inputShapes)
    {
        try
        {
            return operation.OutputShape(inputShapes);
        }
        catch (InvalidInputException refusal)
        {
            throw new InvalidInputException($"layer {name} after {string.Join(" and ", sources.Select(source => nodes[source].Name))}: {refusal.Message}", refusal);
        }
    }
}
