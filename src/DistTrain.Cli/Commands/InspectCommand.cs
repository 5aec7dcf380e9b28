using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Cli.Output;
using DistTrain.Learning.Metrics;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;
using Spectre.Console;

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
        foreach (var (key, value) in content.Metadata.Where(entry => entry.Key != RunReader.PreprocessingKey))
        {
            host.Output.WriteLine($"  {key}: {OneLine(value)}");
        }

        host.Output.WriteLine();
        TerminalConsole.Create(host).Write(Table(tensors));
        host.Output.WriteLine($"{RunText.Whole(tensors.Sum(tensor => tensor.Statistics.Count))} values in {tensors.Length} tensors");
        var nonFinite = tensors.Sum(tensor => tensor.Statistics.NonFiniteCount);
        if (nonFinite > 0)
        {
            host.Output.WriteLine($"{RunText.Whole(nonFinite)} values are infinite or not a number; the figures above leave them out");
        }
    }

    private static Table Table(ImmutableArray<(NamedTensor Tensor, TensorStatistics Statistics)> tensors)
    {
        var table = new Table { Border = TableBorder.Minimal };
        table.AddColumn(new TableColumn("tensor") { NoWrap = true });
        table.AddColumn(new TableColumn("shape") { NoWrap = true });
        foreach (var heading in (string[])["values", "mean", "deviation", "least", "greatest"])
        {
            table.AddColumn(new TableColumn(heading) { Alignment = Justify.Right, NoWrap = true });
        }

        foreach (var (tensor, statistics) in tensors)
        {
            table.AddRow(
                new Text(OneLine(tensor.Name)),
                new Text($"[{string.Join(", ", tensor.Shape)}]"),
                new Text(RunText.Whole(statistics.Count)),
                Figure(statistics.Mean),
                Figure(statistics.Deviation),
                Figure(statistics.Minimum),
                Figure(statistics.Maximum));
        }

        return table;
    }

    private static Text Figure(double value) => new(value.ToString("G5", CultureInfo.InvariantCulture));

    /// <summary>Files of others may hold anything; control characters must not reach the terminal.</summary>
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

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
