using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Metrics;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;

namespace DistTrain.Cli.Commands;

/// <param name="Path">A run directory or a safetensors file.</param>
public sealed record InspectRequest(string Path, bool Json);

/// <summary>Shows what is in a model: tensors, shapes, counts, means, deviations and extremes. Reads any safetensors file of float32 tensors.</summary>
public static class InspectCommand
{
    public static ExitCode Run(InspectRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var path = Directory.Exists(request.Path) ? new RunPaths(request.Path).Model : request.Path;
        var content = Stage.ReadingRun(() => SafetensorsFile.Read(path));
        var tensors = content.Tensors.Select(tensor => (Tensor: tensor, Statistics: TensorStatistics.Of(tensor.Values.Span))).ToImmutableArray();
        if (request.Json)
        {
            host.Output.WriteLine(Json(path, content, tensors));
        }
        else
        {
            Write(host, path, content, tensors);
        }

        return ExitCode.Success;
    }

    private static void Write(
        Host host, string path, SafetensorsContent content, ImmutableArray<(NamedTensor Tensor, TensorStatistics Statistics)> tensors)
    {
        host.Output.WriteLine(path);
        if (ModelFile.SpecificationOf(content.Metadata) is ModelSpecification model)
        {
            host.Output.WriteLine($"  layers: {ConfigurationWriter.ToText(model)}");
        }

        foreach (var (key, value) in content.Metadata.Where(entry => entry.Key != RunReader.PreprocessingKey && entry.Key != ModelFile.ModelKey))
        {
            host.Output.WriteLine($"  {RunText.Printable(key)}: {RunText.Printable(value)}");
        }

        host.Output.WriteLine();
        foreach (var line in TextTable.Lines(["tensor", "shape", "values", "mean", "deviation", "least", "greatest"], [.. tensors.Select(Row)], leftColumns: 2))
        {
            host.Output.WriteLine(line);
        }

        host.Output.WriteLine();
        host.Output.WriteLine($"{RunText.Whole(tensors.Sum(tensor => tensor.Statistics.Count))} values in {tensors.Length} tensors");
        var nonFinite = tensors.Sum(tensor => tensor.Statistics.NonFiniteCount);
        if (nonFinite > 0)
        {
            host.Output.WriteLine($"{RunText.Whole(nonFinite)} values are infinite or not a number; the figures above leave them out");
        }
    }

    private static IReadOnlyList<string> Row((NamedTensor Tensor, TensorStatistics Statistics) tensor) =>
    [
        RunText.Printable(tensor.Tensor.Name),
        $"[{string.Join(", ", tensor.Tensor.Shape)}]",
        RunText.Whole(tensor.Statistics.Count),
        Figure(tensor.Statistics.Mean),
        Figure(tensor.Statistics.Deviation),
        Figure(tensor.Statistics.Minimum),
        Figure(tensor.Statistics.Maximum),
    ];

    private static string Figure(double value) => value.ToString("G3", CultureInfo.InvariantCulture).Replace('E', 'e');

    private static string Json(
        string path, SafetensorsContent content, ImmutableArray<(NamedTensor Tensor, TensorStatistics Statistics)> tensors) => JsonEvents.Object(json =>
    {
        json.WriteString("file", path);
        json.WriteNumber("parameterCount", tensors.Sum(tensor => tensor.Statistics.Count));
        json.WriteStartArray("tensors");
        foreach (var (tensor, statistics) in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteStartArray("shape");
            foreach (var extent in tensor.Shape)
            {
                json.WriteNumberValue(extent);
            }

            json.WriteEndArray();
            json.WriteNumber("count", statistics.Count);
            json.WriteNumber("nonFinite", statistics.NonFiniteCount);
            json.WriteFinite("mean", statistics.Mean);
            json.WriteFinite("deviation", statistics.Deviation);
            json.WriteFinite("minimum", statistics.Minimum);
            json.WriteFinite("maximum", statistics.Maximum);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("metadata");
        foreach (var (key, value) in content.Metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    });
}
