using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Configuration;

/// <summary>
/// A model as a YAML list: a layer without settings is a word (<c>relu</c>), one with settings a map of one key (<c>dense: {units: 128, initializer: kaiming-normal}</c>). Beside its kind's
/// settings every layer may have a <c>name</c>, and <c>from</c>: the name of the layer that it reads, or a list of names.
/// </summary>
internal static class ModelYaml
{
    private const string NameKey = "name";
    private const string FromKey = "from";

    public static ModelSpecification Read(string file, YamlList layers) =>
        new([.. layers.Items.Select(layer => ReadLayer(file, layer))]);

    /// <summary>Lines to stand below <c>model:</c>, without indentation.</summary>
    public static IEnumerable<string> Format(ModelSpecification model) => model.Layers.Select(layer =>
    {
        var settings = new List<string>();
        if (layer.Name is string name)
        {
            settings.Add($"{NameKey}: {name}");
        }

        if (!layer.From.IsEmpty)
        {
            settings.Add($"{FromKey}: {(layer.From is [var one] ? one : $"[{string.Join(", ", layer.From)}]")}");
        }

        settings.AddRange(layer.Settings.Select(setting => $"{setting.Key}: {setting.Value}"));
        return settings.Count == 0 ? $"- {layer.Kind}" : $"- {layer.Kind}: {{{string.Join(", ", settings)}}}";
    });

    private static LayerSpecification ReadLayer(string file, YamlNode node)
    {
        switch (node)
        {
            case YamlScalar { IsNull: false } word:
                return new LayerSpecification(Kind(file, word).Name);
            case YamlMap { Entries: [var (kind, value)] }:
                return ReadSettings(file, Kind(file, kind), value);
            default:
                throw new InvalidInputException($"{file} line {node.Line}: a layer is a word such as 'relu', or one key with settings such as 'dense: {{units: 128}}'");
        }
    }

    private static LayerKind Kind(string file, YamlScalar word)
    {
        try
        {
            return LayerCatalog.Find(word.Text);
        }
        catch (InvalidInputException unknown)
        {
            throw new InvalidInputException($"{file} line {word.Line}: {unknown.Message}", unknown);
        }
    }

    private static LayerSpecification ReadSettings(string file, LayerKind kind, YamlNode value)
    {
        if (value is not YamlMap settings)
        {
            throw new InvalidInputException($"{file} line {value.Line}: the settings of layer '{kind.Name}' must be a map such as {{units: 128}}");
        }

        var layer = new LayerSpecification(kind.Name);
        foreach (var (key, setting) in settings.Entries)
        {
            try
            {
                layer = ReadSetting(kind, layer, key.Text, setting);
            }
            catch (InvalidValueException fault)
            {
                throw new InvalidInputException($"{file} line {key.Line}: {key.Text} of layer '{kind.Name}' {fault.Message}", fault);
            }
        }

        return layer;
    }

    private static LayerSpecification ReadSetting(LayerKind kind, LayerSpecification layer, string key, YamlNode setting)
    {
        switch (key, setting)
        {
            case (FromKey, YamlList list):
                return layer with { From = [.. list.Items.Select(Word)] };
            case (FromKey, _):
                return layer with { From = [Word(setting)] };
            case (NameKey, _):
                return layer with { Name = Word(setting) };
            default:
                var text = Word(setting);
                return kind.Fault(key, text) is { } fault ? throw new InvalidValueException(fault) : layer.With(key, text);
        }
    }

    private static string Word(YamlNode node) => node is YamlScalar { IsNull: false } scalar ? scalar.Text : throw new InvalidValueException("must be a single value");
}
