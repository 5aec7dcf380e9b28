using System.Collections.Immutable;
using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Studies;

/// <summary>
/// Settings of trials are configuration keys, by the names that they have everywhere, and settings of layers: <c>model.dropout</c> is the only setting of every dropout layer, <c>model.dense1.units</c>
/// one of the layer of that name or kind.
/// </summary>
internal static class TrialSettings
{
    private const string OfModel = "model.";

    /// <exception cref="InvalidInputException">There is no such setting, or the value does not suit it.</exception>
    public static TrainConfiguration Apply(TrainConfiguration configuration, string name, string value)
    {
        if (name.StartsWith(OfModel, StringComparison.Ordinal))
        {
            return configuration with { Model = Apply(configuration.Model, name, name[OfModel.Length..].Split('.'), value) };
        }

        var key = ConfigurationKeys.Find(name) ?? throw new InvalidInputException($"there is no setting '{name}'{Nearest(name)}");
        try
        {
            return key.Read(configuration, value);
        }
        catch (InvalidValueException fault)
        {
            throw new InvalidInputException($"{name} {fault.Message}");
        }
    }

    private static ModelSpecification Apply(ModelSpecification model, string name, string[] words, string value)
    {
        var layers = model.Layers.Select((layer, position) => (Layer: layer, Name: NameOf(model, position))).ToArray();
        var addressed = layers.Where(layer => layer.Layer.Kind == words[0] || layer.Name == words[0]).ToArray();
        if (addressed.Length == 0 || words.Length > 2)
        {
            throw new InvalidInputException($"{name} is in no layer of the model, which has {string.Join(", ", layers.Select(layer => layer.Name))}: name a layer or a kind of layers, and a setting");
        }

        var setting = words.Length == 2 ? words[1] : LayerCatalog.Find(addressed[0].Layer.Kind).Settings.Select(known => known.Name).ToArray() switch
        {
            [var only] => only,
            var several => throw new InvalidInputException($"{name} does not say which setting: {words[0]} has {string.Join(", ", several)}"),
        };
        return new ModelSpecification([.. layers.Select(layer => addressed.Contains(layer) ? layer.Layer.With(setting, value) : layer.Layer)]);
    }

    /// <summary>Its own, or its kind with its number among those of that kind.</summary>
    private static string NameOf(ModelSpecification model, int position)
    {
        var layer = model.Layers[position];
        return layer.Name ?? layer.Kind + (1 + model.Layers.Take(position).Count(earlier => earlier.Kind == layer.Kind));
    }

    private static string Nearest(string name)
    {
        var nearest = ConfigurationKeys.All.Select(key => key.Name).MinBy(key => EditDistance.Between(key, name))!;
        return EditDistance.Between(nearest, name) <= 3 ? $": did you mean '{nearest}'?" : "";
    }
}
