using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>A model as the user writes it: a short form (<c>logistic</c>, <c>mlp:512,512</c>; see <see cref="NamedModels"/>) or a list of layers (see <see cref="LayerCatalog"/>).</summary>
public sealed record ModelSpecification(ImmutableArray<LayerSpecification> Layers)
{
    /// <summary>What <see cref="Parse"/> was given; null for a list of layers.</summary>
    public string? ShortForm { get; private init; }

    /// <summary>Reads the short form of a model with a name.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    public static ModelSpecification Parse(string shortForm)
    {
        ArgumentNullException.ThrowIfNull(shortForm);
        var parts = shortForm.Split(':', 2);
        var named = NamedModels.All.FirstOrDefault(model => model.Name == parts[0])
            ?? throw new InvalidInputException($"unknown model '{shortForm}': write {string.Join(", ", NamedModels.All.Select(model => model.Form))}, for example mlp:512,512");
        return new ModelSpecification([.. named.Layers(parts.Length == 2 ? parts[1] : null)]) { ShortForm = shortForm };
    }

    /// <summary>The graph for samples of <paramref name="inputShape"/> and outputs of <paramref name="outputWidth"/>.</summary>
    /// <exception cref="InvalidInputException">A layer kind or setting is unknown, a setting is missing, a layer reads from one that does not stand above it or is read by nobody, or shapes do not fit.</exception>
    public ModelGraph Build(TensorShape inputShape, int outputWidth)
    {
        if (Layers.IsDefaultOrEmpty || !Layers.Any(layer => layer.Kind == "output"))
        {
            throw new InvalidInputException("the model needs an 'output' layer, the dense layer as wide as the targets need");
        }

        var builder = new ModelGraphBuilder(inputShape);
        for (var i = 0; i < Layers.Length; i++)
        {
            var layer = Layers[i];
            builder.Add(OperationOf(layer, i, outputWidth), layer.Name, layer.From);
        }

        return builder.Build();
    }

    private Operation OperationOf(LayerSpecification layer, int position, int outputWidth)
    {
        var kind = LayerCatalog.Find(layer.Kind);
        var title = $"{layer.Kind} layer {position + 1} of the model";
        foreach (var (setting, value) in layer.Settings)
        {
            if (kind.Fault(setting, value) is { } fault)
            {
                throw new InvalidInputException($"{setting} of {title} {fault}");
            }
        }

        if (layer.Name is { } name && !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
        {
            throw new InvalidInputException($"the name '{name}' of {title} must be made of letters, digits, - and _");
        }

        return kind.Create(new LayerReading(layer, title, outputWidth, position + 1 < Layers.Length ? Layers[position + 1].Kind : null));
    }

    public bool Equals(ModelSpecification? other) => other is not null && Layers.AsSpan().SequenceEqual(other.Layers.AsSpan());

    public override int GetHashCode() => Layers.IsDefaultOrEmpty ? 0 : HashCode.Combine(Layers.Length, Layers[0]);
}
