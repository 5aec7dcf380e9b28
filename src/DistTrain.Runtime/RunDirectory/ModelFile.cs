using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.RunDirectory;

/// <summary>
/// A trained model as a safetensors file: the tensors in graph order under the names of the layout, and in the metadata the layers, the input shape, the loss, the hash of the
/// weights and the caller's attributes.
/// </summary>
public static class ModelFile
{
    private const string FormatKey = "format";
    private const string Format = "disttrain-model-1";

    /// <summary>The metadata entry with the layers, as JSON.</summary>
    public const string ModelKey = "model";

    private const string InputShapeKey = "input-shape";
    private const string OutputWidthKey = "output-width";
    private const string LossKey = "loss";
    private const string LossSettingsKey = "loss-settings";
    private const string ArithmeticIdKey = "arithmetic-id";
    private const string WeightsHashKey = "weights-hash";
    private const string StepKey = "step";

    private static readonly ImmutableHashSet<string> OwnKeys =
        [FormatKey, ModelKey, InputShapeKey, OutputWidthKey, LossKey, LossSettingsKey, ArithmeticIdKey, WeightsHashKey, StepKey];

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Replaces the file as a whole.</summary>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public static void Write(string path, TrainedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var tensors = model.Graph.Layout.Tensors.Select(tensor =>
            new NamedTensor(tensor.Name, tensor.Shape.Dimensions, model.Weights.Memory.Slice(tensor.Offset, tensor.Length)));
        SafetensorsFile.Write(path, [.. tensors], Metadata(model));
    }

    /// <summary>All that a file says of a model besides its tensors.</summary>
    internal static ImmutableSortedDictionary<string, string> Metadata(TrainedModel model)
    {
        var metadata = model.Attributes.ToBuilder();
        metadata[FormatKey] = Format;
        metadata[ModelKey] = JsonSerializer.Serialize(model.Specification.Layers, Json);
        metadata[InputShapeKey] = JsonSerializer.Serialize(model.Graph.InputShape.Dimensions, Json);
        metadata[OutputWidthKey] = model.Graph.OutputShape.Dimensions[^1].ToString(CultureInfo.InvariantCulture);
        metadata[LossKey] = model.Loss.Name;
        metadata[LossSettingsKey] = JsonSerializer.Serialize(model.Loss.Settings, Json);
        metadata[ArithmeticIdKey] = model.ArithmeticId.Value;
        metadata[WeightsHashKey] = model.WeightsHash;
        metadata[StepKey] = model.Step.ToString(CultureInfo.InvariantCulture);
        return metadata.ToImmutable();
    }

    /// <exception cref="InvalidInputException">It cannot be read, is no model of ours, or its weights are not those that were written.</exception>
    public static TrainedModel Read(string path)
    {
        var content = SafetensorsFile.Read(path);
        var specification = ReadSpecification(path, content.Metadata);
        var graph = BuildGraph(path, content.Metadata, specification);
        var weights = CopyTensors(path, content.Tensors, graph.Layout);
        var expectedHash = Text(path, content.Metadata, WeightsHashKey);
        var hash = WeightsHash.Compute(graph.Layout, weights);
        if (hash != expectedHash)
        {
            throw new InvalidInputException($"{path} has been changed since it was written: its weights have the hash {hash[..12]}, not {expectedHash[..Math.Min(12, expectedHash.Length)]}");
        }

        return new TrainedModel
        {
            Specification = specification,
            Graph = graph,
            Loss = Loss.Create(
                Text(path, content.Metadata, LossKey), content.Metadata.ContainsKey(LossSettingsKey) ? FromJson<LossSettings>(path, content.Metadata, LossSettingsKey) : null),
            Weights = weights,
            WeightsHash = hash,
            ArithmeticId = new ArithmeticId(Text(path, content.Metadata, ArithmeticIdKey)),
            Step = FromJson<long>(path, content.Metadata, StepKey),
            Attributes = content.Metadata.RemoveRange(OwnKeys),
        };
    }

    /// <summary>The layers that a file's metadata speaks of, or null when it is no model of ours.</summary>
    public static ModelSpecification? SpecificationOf(ImmutableSortedDictionary<string, string> metadata)
    {
        try
        {
            return ReadSpecification("", metadata);
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    private static ModelGraph BuildGraph(string path, ImmutableSortedDictionary<string, string> metadata, ModelSpecification specification)
    {
        try
        {
            var inputShape = new TensorShape([.. FromJson<int[]>(path, metadata, InputShapeKey)]);
            return specification.Build(inputShape, FromJson<int>(path, metadata, OutputWidthKey));
        }
        catch (Exception fault) when (fault is ArgumentException or OverflowException)
        {
            throw new InvalidInputException($"{path} describes a model with impossible shapes: {fault.Message}", fault);
        }
    }

    private static ModelSpecification ReadSpecification(string path, ImmutableSortedDictionary<string, string> metadata)
    {
        var layers = FromJson<LayerSpecification?[]>(path, metadata, ModelKey);
        return layers.All(layer => layer is { Kind: not null, From.IsDefault: false, Settings: not null } && !layer.From.Contains(null!) && !layer.Settings.ContainsValue(null!))
            ? new ModelSpecification([.. layers.Select(layer => layer!)])
            : throw new InvalidInputException($"{path}: its metadata entry '{ModelKey}' has a layer without a kind, or with empty settings");
    }

    // Memory is taken only when the stored tensors are known to fill it: the metadata alone could claim any size.
    private static TensorBuffer CopyTensors(string path, ImmutableArray<NamedTensor> stored, ParameterLayout layout)
    {
        if (stored.Length != layout.Tensors.Length)
        {
            throw new InvalidInputException($"{path} has {stored.Length} tensors, but its model has {layout.Tensors.Length}");
        }

        var sources = layout.Tensors.Select(tensor => (
            tensor,
            stored.FirstOrDefault(candidate => candidate.Name == tensor.Name && candidate.Shape.AsSpan().SequenceEqual(tensor.Shape.Dimensions.AsSpan()))
                ?? throw new InvalidInputException($"{path} has no tensor {tensor.Name} of shape {tensor.Shape}, but its model has"))).ToArray();
        var weights = new TensorBuffer(layout.BufferLength);
        foreach (var (tensor, source) in sources)
        {
            source.Values.Span.CopyTo(weights.Span.Slice(tensor.Offset, tensor.Length));
        }

        return weights;
    }

    private static T FromJson<T>(string path, ImmutableSortedDictionary<string, string> metadata, string key)
    {
        var text = Text(path, metadata, key);
        try
        {
            return JsonSerializer.Deserialize<T>(text, Json) ?? throw new InvalidInputException($"{path}: its metadata entry '{key}' is empty");
        }
        catch (JsonException fault)
        {
            throw new InvalidInputException($"{path}: its metadata entry '{key}' cannot be understood", fault);
        }
    }

    private static string Text(string path, ImmutableSortedDictionary<string, string> metadata, string key)
    {
        if (!metadata.TryGetValue(FormatKey, out var format) || format != Format)
        {
            throw new InvalidInputException($"{path} is a safetensors file, but not a model that disttrain wrote (its metadata lacks {FormatKey}: {Format})");
        }

        return metadata.TryGetValue(key, out var text) ? text : throw new InvalidInputException($"{path}: its metadata lacks the entry '{key}'");
    }
}
