using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Learning.Graph;

/// <summary>A setting of a layer, such as <c>units</c>.</summary>
/// <param name="Suits">Whether a text will do.</param>
/// <param name="What">What will do, in words: <c>a whole number of at least 1</c>.</param>
public sealed record LayerSetting(string Name, Func<string, bool> Suits, string What)
{
    public static LayerSetting WholeNumber(string name, int minimum) => new(
        name, text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum, $"a whole number of at least {minimum}");

    /// <param name="name">The setting's name.</param>
    /// <param name="suits">Whether a finite value will do.</param>
    /// <param name="range">What will do: <c>from 0 to below 1</c>.</param>
    public static LayerSetting Number(string name, Func<double, bool> suits, string range) => new(
        name,
        text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && suits(value),
        $"a number {range}");

    public static LayerSetting OneOf(string name, params ImmutableArray<string> names) => new(name, text => names.Contains(text), $"one of {string.Join(", ", names)}");

    /// <summary>As switches of a configuration are written.</summary>
    public static LayerSetting Switch(string name) => new(name, text => text is "yes" or "no" or "true" or "false", "yes or no");

    public static LayerSetting Initializer { get; } = new("initializer", InitializerCatalog.IsKnown, InitializerCatalog.What);
}

/// <summary>A kind of layer that people can write down.</summary>
/// <param name="Name">As it stands in YAML.</param>
/// <param name="Settings">Those that it knows; which of them must be given is for <paramref name="Create"/> to say.</param>
/// <param name="Create">The operation; throws <see cref="InvalidInputException"/> where the settings do not go together.</param>
public sealed record LayerKind(string Name, ImmutableArray<LayerSetting> Settings, Func<LayerReading, Operation> Create)
{
    /// <summary>The second half of a sentence that says what is wrong with a setting, such as <c>must be a whole number of at least 1, but is '0'</c>; null if nothing is.</summary>
    public string? Fault(string setting, string value)
    {
        var known = Settings.FirstOrDefault(candidate => candidate.Name == setting);
        if (known is null)
        {
            return Settings.IsEmpty ? "is not known: this kind of layer has no settings" : $"is not known: the settings are {string.Join(", ", Settings.Select(candidate => candidate.Name))}";
        }

        return known.Suits(value) ? null : $"must be {known.What}, but is '{value}'";
    }
}

/// <summary>A layer's settings, checked, as its kind reads them.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Title">What messages call it, such as <c>dense layer 3 of the model</c>.</param>
/// <param name="OutputWidth">Number of model outputs that the targets need.</param>
/// <param name="NextKind">The kind of the layer below it; null for the last.</param>
public sealed record LayerReading(LayerSpecification Layer, string Title, int OutputWidth, string? NextKind)
{
    public int WholeNumber(string setting) => Layer.Settings.TryGetValue(setting, out var text)
        ? int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
        : throw new InvalidInputException($"{Title} needs '{setting}'");

    public int WholeNumber(string setting, int otherwise) => Layer.Settings.ContainsKey(setting) ? WholeNumber(setting) : otherwise;

    public double Number(string setting, double otherwise) =>
        Layer.Settings.TryGetValue(setting, out var text) ? double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : otherwise;

    public bool Switch(string setting, bool otherwise) => Layer.Settings.TryGetValue(setting, out var text) ? text is "yes" or "true" : otherwise;

    public string Text(string setting, string otherwise) => Layer.Settings.GetValueOrDefault(setting, otherwise);

    /// <summary>Where nothing is said: Kaiming (normal) in front of a ReLU or one of its kin, Xavier (uniform) elsewhere.</summary>
    public Initializer Initializer() => InitializerCatalog.Create(Text("initializer", NextKind is "relu" or "leaky-relu" or "elu" or "gelu" or "swish" ? "kaiming-normal" : "xavier-uniform"));
}
