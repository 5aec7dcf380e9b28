using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Learning.Graph;

/// <summary>A layer as the user writes it, before shapes are known. <see cref="Units"/> is null for the output layer, whose width comes from the targets.</summary>
public sealed record LayerSpecification(string Kind, int? Units = null, string? Initializer = null);

/// <summary>
/// A model as the user writes it: a short form (<c>logistic</c>, <c>mlp:512,512</c>) or a list of layers. The layer kinds are <c>dense</c>, <c>relu</c>, <c>tanh</c>,
/// <c>flatten</c> and <c>output</c> (a dense layer as wide as the targets need).
/// </summary>
public sealed record ModelSpecification(ImmutableArray<LayerSpecification> Layers)
{
    public static ImmutableArray<string> LayerKinds { get; } = ["dense", "flatten", "output", "relu", "tanh"];

    public static ImmutableArray<string> InitializerNames { get; } = ["kaiming-normal", "kaiming-uniform", "xavier-normal", "xavier-uniform", "zeros"];

    /// <summary>Reads a short form: <c>logistic</c>, or <c>mlp:WIDTH,WIDTH,…</c> with ReLU between the layers (<c>mlp-tanh:…</c> for tanh).</summary>
    /// <exception cref="InvalidInputException">It is neither.</exception>
    public static ModelSpecification Parse(string shortForm)
    {
        ArgumentNullException.ThrowIfNull(shortForm);
        var parts = shortForm.Split(':', 2);
        return (parts[0], parts.Length) switch
        {
            ("logistic", 1) => new ModelSpecification([new("flatten"), new("output")]),
            ("mlp", 2) => Perceptron("relu", Widths(shortForm, parts[1])),
            ("mlp-tanh", 2) => Perceptron("tanh", Widths(shortForm, parts[1])),
            _ => throw new InvalidInputException($"unknown model '{shortForm}': write logistic, mlp:WIDTH,WIDTH,… or mlp-tanh:WIDTH,…, for example mlp:512,512"),
        };
    }

    /// <summary>The graph for samples of <paramref name="inputShape"/> and outputs of <paramref name="outputWidth"/>.</summary>
    /// <exception cref="InvalidInputException">A layer kind or initializer is unknown, a width is missing, or shapes do not fit.</exception>
    public ModelGraph Build(TensorShape inputShape, int outputWidth)
    {
        if (Layers.IsDefaultOrEmpty || Layers[^1].Kind != "output")
        {
            throw new InvalidInputException("the model's last layer must be 'output', the layer as wide as the targets need");
        }

        var operations = new List<Operation>();
        for (var i = 0; i < Layers.Length; i++)
        {
            operations.Add(OperationOf(Layers[i], i, outputWidth));
        }

        return ModelGraph.Chain(inputShape, operations);
    }

    private Operation OperationOf(LayerSpecification layer, int position, int outputWidth)
    {
        switch (layer.Kind)
        {
            case "dense":
                return layer.Units is int units and >= 1
                    ? new DenseOperation(units, InitializerOf(layer, position))
                    : throw new InvalidInputException($"dense layer {position + 1} of the model needs 'units' of at least 1");
            case "output":
                return new DenseOperation(outputWidth, InitializerOf(layer, position));
            case "relu":
                return new ReluOperation();
            case "tanh":
                return new TanhOperation();
            case "flatten":
                return new FlattenOperation();
            default:
                throw new InvalidInputException($"unknown layer kind '{layer.Kind}': the kinds are {string.Join(", ", LayerKinds)}");
        }
    }

    /// <summary>Where nothing is said: Kaiming (normal) in front of a ReLU, Xavier (uniform) elsewhere.</summary>
    private Initializer InitializerOf(LayerSpecification layer, int position)
    {
        var name = layer.Initializer ?? (position + 1 < Layers.Length && Layers[position + 1].Kind == "relu" ? "kaiming-normal" : "xavier-uniform");
        return name switch
        {
            "kaiming-normal" => new KaimingNormalInitializer(),
            "kaiming-uniform" => new KaimingUniformInitializer(),
            "xavier-normal" => new XavierNormalInitializer(),
            "xavier-uniform" => new XavierUniformInitializer(),
            "zeros" => new ConstantInitializer(0),
            _ => throw new InvalidInputException($"unknown initializer '{name}': the initializers are {string.Join(", ", InitializerNames)}"),
        };
    }

    private static ModelSpecification Perceptron(string activation, IEnumerable<int> widths)
    {
        var layers = ImmutableArray.CreateBuilder<LayerSpecification>();
        layers.Add(new LayerSpecification("flatten"));
        foreach (var width in widths)
        {
            layers.Add(new LayerSpecification("dense", width));
            layers.Add(new LayerSpecification(activation));
        }

        layers.Add(new LayerSpecification("output"));
        return new ModelSpecification(layers.ToImmutable());
    }

    private static IEnumerable<int> Widths(string shortForm, string list) => list.Split(',').Select(text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var width) && width >= 1
            ? width
            : throw new InvalidInputException($"model '{shortForm}': '{text}' is not a layer width; write whole numbers of at least 1, for example mlp:512,512"));

    public bool Equals(ModelSpecification? other) => other is not null && Layers.AsSpan().SequenceEqual(other.Layers.AsSpan());

    public override int GetHashCode() => Layers.IsDefaultOrEmpty ? 0 : HashCode.Combine(Layers.Length, Layers[0]);
}
