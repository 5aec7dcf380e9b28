using System.Globalization;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Configuration;

/// <summary>
/// A model as a YAML list: a layer without settings is a word (<c>relu</c>), one with settings a map of one key (<c>dense: {units: 128, initializer: kaiming-normal}</c>).
/// </summary>
internal static class ModelYaml
{
    public static ModelSpecification Read(string file, YamlList layers) =>
        new([.. layers.Items.Select(layer => ReadLayer(file, layer))]);

    /// <summary>The short form that means the same, or null when there is none.</summary>
    public static string? ShortForm(ModelSpecification model)
    {
        var widths = string.Join(',', model.Layers.Where(layer => layer.Kind == "dense").Select(layer => Number(layer.Units ?? 0)));
        string[] candidates = ["logistic", $"mlp:{widths}", $"mlp-tanh:{widths}"];
        return candidates.FirstOrDefault(candidate => (widths.Length > 0 || candidate == "logistic") && TryParse(candidate) == model);
    }

    /// <summary>Lines to stand below <c>model:</c>, without indentation.</summary>
    public static IEnumerable<string> Format(ModelSpecification model) => model.Layers.Select(layer =>
    {
        var settings = new List<string>();
        if (layer.Units is int units)
        {
            settings.Add($"units: {Number(units)}");
        }

        if (layer.Initializer is string initializer)
        {
            settings.Add($"initializer: {initializer}");
        }

        return settings.Count == 0 ? $"- {layer.Kind}" : $"- {layer.Kind}: {{{string.Join(", ", settings)}}}";
    });

    private static LayerSpecification ReadLayer(string file, YamlNode node)
    {
        switch (node)
        {
            case YamlScalar { IsNull: false } word:
                return new LayerSpecification(Kind(file, word));
            case YamlMap { Entries: [var (kind, value)] }:
                return ReadSettings(file, new LayerSpecification(Kind(file, kind)), value);
            default:
                throw new InvalidInputException($"{file} line {node.Line}: a layer is a word such as 'relu', or one key with settings such as 'dense: {{units: 128}}'");
        }
    }

    private static string Kind(string file, YamlScalar word) => ModelSpecification.LayerKinds.Contains(word.Text)
        ? word.Text
        : throw new InvalidInputException($"{file} line {word.Line}: unknown layer kind '{word.Text}': the kinds are {string.Join(", ", ModelSpecification.LayerKinds)}");

    private static LayerSpecification ReadSettings(string file, LayerSpecification layer, YamlNode value)
    {
        if (value is not YamlMap settings)
        {
            throw new InvalidInputException($"{file} line {value.Line}: the settings of layer '{layer.Kind}' must be a map such as {{units: 128}}");
        }

        if (settings.Entries.Length > 0 && layer.Kind is not ("dense" or "output"))
        {
            throw new InvalidInputException($"{file} line {settings.Line}: layer '{layer.Kind}' has no settings");
        }

        foreach (var (key, setting) in settings.Entries)
        {
            try
            {
                layer = ReadSetting(layer, key.Text, setting);
            }
            catch (InvalidValueException fault)
            {
                throw new InvalidInputException($"{file} line {key.Line}: {key.Text} of layer '{layer.Kind}' {fault.Message}", fault);
            }
        }

        return layer;
    }

    private static LayerSpecification ReadSetting(LayerSpecification layer, string key, YamlNode setting)
    {
        var scalar = setting as YamlScalar ?? throw new InvalidValueException("must be a single value");
        return (layer.Kind, key) switch
        {
            ("dense", "units") when scalar.IsPlain => layer with { Units = ValueReading.WholeNumber(scalar.Text, 1) },
            ("dense", "units") => throw new InvalidValueException("must be written without quotes"),
            (_, "initializer") => layer with { Initializer = ValueReading.OneOf(scalar.Text, ModelSpecification.InitializerNames) },
            ("dense", _) => throw new InvalidValueException("is not known: the settings are units and initializer"),
            _ => throw new InvalidValueException("is not known: the only setting is initializer, the width comes from the targets"),
        };
    }

    private static ModelSpecification? TryParse(string shortForm)
    {
        try
        {
            return ModelSpecification.Parse(shortForm);
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
