using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Tests.Shared;

/// <summary>
/// A graph grown from a list of numbers, each of which adds at most one layer to some node that is there already, so that a shorter list is a smaller graph. What nobody reads at the end is flattened,
/// brought to one width and added up in front of the output.
/// </summary>
public sealed class RandomGraph
{
    private const int JoinedWidth = 5;
    private const int Classes = 3;
    private const int LargestSample = 400;

    private static readonly ImmutableArray<TensorShape> InputShapes = [new(7), new(4, 3), new(5, 4, 2), new(1), new(3, 19), new(6, 5)];

    private readonly ModelGraphBuilder builder;
    private readonly List<(string Name, TensorShape Shape)> nodes = [];
    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    private RandomGraph(TensorShape input)
    {
        builder = new ModelGraphBuilder(input);
        nodes.Add(("input", input));
    }

    /// <param name="numbers">Any, from 0.</param>
    public static ModelGraph Grow(IReadOnlyList<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        var graph = new RandomGraph(InputShapes[numbers.Count == 0 ? 0 : numbers[0] % InputShapes.Length]);
        foreach (var number in numbers.Skip(1))
        {
            graph.TryAdd(new Digits(number));
        }

        return graph.Finish();
    }

    private void TryAdd(Digits digits)
    {
        // The newest nodes are the likeliest to be read, but any can be.
        var source = nodes[^(1 + Math.Min(digits.Next(4) * digits.Next(2), nodes.Count - 1))];
        var layer = Layer(digits);
        if (layer.Kind == "add")
        {
            var others = nodes.Where(node => node.Shape == source.Shape).ToArray();
            Add(layer, [source, others[digits.Next(others.Length)], .. digits.Next(3) == 0 ? [others[0]] : Array.Empty<(string, TensorShape)>()]);
        }
        else if (layer.Kind == "concat")
        {
            Add(layer, [source, nodes[digits.Next(nodes.Count)]]);
        }
        else
        {
            Add(layer, [source]);
        }
    }

    /// <summary>Adds the layer where its inputs suit it.</summary>
    private void Add(LayerSpecification layer, (string Name, TensorShape Shape)[] sources)
    {
        try
        {
            var operation = LayerCatalog.Find(layer.Kind).Create(new LayerReading(layer, "a random layer", Classes, null));
            var shape = operation.OutputShape([.. sources.Select(source => source.Shape)]);
            if (shape.ElementCount > LargestSample)
            {
                return;
            }

            nodes.Add((builder.Add(operation, inputs: [.. sources.Select(source => source.Name)]), shape));
            read.UnionWith(sources.Select(source => source.Name));
        }
        catch (InvalidInputException)
        {
            // A layer that does not fit is left out.
        }
    }

    private ModelGraph Finish()
    {
        foreach (var end in nodes.Where(node => !read.Contains(node.Name) || nodes.Count == 1).ToArray())
        {
            Add(new LayerSpecification("flatten"), [end]);
            Add(OperationCases.Layer("dense", ("units", JoinedWidth)), [nodes[^1]]);
        }

        var ends = nodes.Where(node => !read.Contains(node.Name)).ToArray();
        if (ends.Length > 1)
        {
            Add(new LayerSpecification("add"), ends);
        }

        Add(new LayerSpecification("output"), [nodes[^1]]);
        return builder.Build();
    }

    private static LayerSpecification Layer(Digits digits)
    {
        var kinds = LayerCatalog.Kinds.Where(kind => kind is not ("output" or "embedding")).ToArray();
        var kind = kinds[digits.Next(kinds.Length)];
        return kind switch
        {
            "dense" => OperationCases.Layer(kind, ("units", 1 + digits.Next(20)), ("per-position", digits.Next(2) == 0 ? "yes" : "no")),
            "lstm" => OperationCases.Layer(kind, ("units", 1 + digits.Next(18)), ("return", digits.Next(2) == 0 ? "all" : "last")),
            "conv" => OperationCases.Layer(kind, ("filters", 1 + digits.Next(18)), ("kernel", 1 + digits.Next(3)), ("stride", 1 + digits.Next(2)), ("padding", digits.Next(2))),
            "max-pool" or "average-pool" => OperationCases.Layer(kind, ("kernel", 1 + digits.Next(3)), ("stride", 1 + digits.Next(2))),
            "gelu" => OperationCases.Layer(kind, ("approximation", digits.Next(2) == 0 ? "none" : "tanh")),
            "dropout" => OperationCases.Layer(kind, ("rate", 0.25)),
            _ => new LayerSpecification(kind),
        };
    }

    /// <summary>Small numbers out of a large one.</summary>
    private sealed class Digits(int number)
    {
        private uint rest = (uint)number;

        public int Next(int below)
        {
            var digit = (int)(rest % (uint)below);
            rest /= (uint)below;
            return digit;
        }
    }
}
