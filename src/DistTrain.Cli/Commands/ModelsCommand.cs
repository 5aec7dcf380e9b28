using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Cli.Commands;

/// <param name="Model">The short form of one model to show layer by layer; null for all that there is.</param>
/// <param name="Configuration">Its data settings say for which samples; its loss, for which outputs.</param>
public sealed record ModelsRequest(string? Model, TrainConfiguration Configuration, bool Json);

/// <summary>What models can be made of: those with names, with their size for given samples, and every word that a list of layers in YAML may hold.</summary>
public static class ModelsCommand
{
    /// <summary>Samples over which the memory of one is averaged: a few, so that what a program needs once does not count.</summary>
    private const int MemorySamples = 64;

    private static readonly ImmutableArray<(string Title, string Words)> OtherWords =
    [
        ("Initializers", InitializerCatalog.What),
        ("Losses", string.Join(", ", Loss.Names)),
        ("Optimizers", string.Join(", ", OptimizerChain.Names)),
        ("Schedules", string.Join(", ", Schedule.Names)),
    ];

    public static ExitCode Run(ModelsRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var source = Stage.Configuration(() => DataSettings.Source(request.Configuration));
        var data = Stage.Data(() => DataSetLoader.Load(source, new DataSetOptions { TestRatio = request.Configuration.TestRatio, Seed = request.Configuration.Seed }));
        var engine = host.Engine(request.Configuration.Engine);
        if (request.Model is not null)
        {
            var model = Stage.Configuration(() => Build(ModelSpecification.Parse(request.Model), request.Configuration, data, engine));
            WriteOne(request.Model, model, data, request.Json, host.Output);
            return ExitCode.Success;
        }

        var models = NamedModels.All.Select(named => (named, TryBuild(named, request.Configuration, data, engine))).ToImmutableArray();
        if (request.Json)
        {
            host.Output.WriteLine(Json(data, models));
        }
        else
        {
            WriteAll(data, models, host.Output);
        }

        return ExitCode.Success;
    }

    private static BuiltModel Build(ModelSpecification specification, TrainConfiguration configuration, DataSet data, IEngine engine)
    {
        var (graph, loss) = Definition.Model(specification, configuration.For(data.Train.Targets), data);
        return new BuiltModel(graph, (engine.ProgramBytes(graph, loss, MemorySamples + 1) - engine.ProgramBytes(graph, loss, 1)) / MemorySamples);
    }

    private static (BuiltModel? Model, string? Refusal) TryBuild(NamedModel named, TrainConfiguration configuration, DataSet data, IEngine engine)
    {
        try
        {
            return (Build(ModelSpecification.Parse(named.Example), configuration, data, engine), null);
        }
        catch (InvalidInputException refusal)
        {
            return (null, refusal.Message);
        }
    }

    private static string Subject(DataSet data) =>
        $"For {data.Name}: samples of {data.Train.SampleShape}, {(data.ClassNames.IsEmpty ? "values to approximate" : $"{data.ClassNames.Length} classes")} (other data with --data)";

    private static void WriteOne(string name, BuiltModel model, DataSet data, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(JsonEvents.Object(json =>
            {
                json.WriteString("model", name);
                WriteData(json, data);
                WriteModel(json, model);
            }));
            return;
        }

        output.WriteLine(Subject(data));
        output.WriteLine();
        var rows = model.Graph.Nodes.Select(node => (IReadOnlyList<string>)
        [
            node.Name,
            $"{node.OutputShape}",
            string.Join(", ", node.Inputs.Select(input => model.Graph.Nodes[input].Name)),
            model.ParametersOf(node) is var count and > 0 ? RunText.Whole(count) : "",
        ]).ToArray();
        WriteLines(output, TextTable.Lines(["layer", "output", "reads", "parameters"], rows, leftColumns: 3));
        output.WriteLine();
        output.WriteLine($"{name}: {RunText.Whole(model.Graph.Layout.ParameterCount)} parameters, {Bytes(model.BytesPerSample)} of memory a sample in training");
    }

    private static void WriteAll(DataSet data, ImmutableArray<(NamedModel Named, (BuiltModel? Model, string? Refusal) Built)> models, TextWriter output)
    {
        output.WriteLine(Subject(data));
        output.WriteLine();
        output.WriteLine("Models by name (--model; 'disttrain models NAME' shows one layer by layer)");
        var rows = models.Where(model => model.Built.Model is not null).Select(model => Row(model.Named, model.Built.Model!)).ToArray();
        WriteLines(output, TextTable.Lines(["written", "for example", "what it is", "layers", "parameters", "memory a sample"], rows, leftColumns: 3));
        foreach (var (named, (_, refusal)) in models.Where(model => model.Built.Refusal is not null))
        {
            output.WriteLine($"  {named.Form} does not suit this data: {refusal}");
        }

        output.WriteLine();
        output.WriteLine("Layers of a model in YAML, with their settings; each may also have a 'name', and 'from': the layers it reads");
        foreach (var kind in LayerCatalog.Kinds.Select(LayerCatalog.Find))
        {
            output.WriteLine($"  {kind.Name}{(kind.Settings.IsEmpty ? "" : ": ")}{string.Join("; ", kind.Settings.Select(Describe))}");
        }

        foreach (var (title, words) in OtherWords)
        {
            output.WriteLine();
            output.WriteLine(title);
            output.WriteLine($"  {words}");
        }
    }

    private static IReadOnlyList<string> Row(NamedModel named, BuiltModel model) =>
    [
        named.Form,
        named.Example,
        named.Description,
        RunText.Whole(model.Graph.Nodes.Length - 1),
        RunText.Whole(model.Graph.Layout.ParameterCount),
        Bytes(model.BytesPerSample),
    ];

    private static string Describe(LayerSetting setting) => setting == LayerSetting.Initializer ? $"{setting.Name} (see below)" : $"{setting.Name} ({setting.What})";

    private static void WriteLines(TextWriter output, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            output.WriteLine(line);
        }
    }

    private static string Bytes(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024.0):F1} MiB");

    private static string Json(DataSet data, ImmutableArray<(NamedModel Named, (BuiltModel? Model, string? Refusal) Built)> models) => JsonEvents.Object(json =>
    {
        WriteData(json, data);
        json.WriteStartArray("models");
        foreach (var (named, (model, refusal)) in models)
        {
            json.WriteStartObject();
            json.WriteString("name", named.Name);
            json.WriteString("form", named.Form);
            json.WriteString("example", named.Example);
            json.WriteString("description", named.Description);
            json.WriteString("refusal", refusal);
            if (model is not null)
            {
                WriteModel(json, model);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteWords(json);
    });

    private static void WriteWords(Utf8JsonWriter json)
    {
        json.WriteObjects("layerKinds", LayerCatalog.Kinds.Select(LayerCatalog.Find), kind =>
        {
            json.WriteString("kind", kind.Name);
            json.WriteStartObject("settings");
            foreach (var setting in kind.Settings)
            {
                json.WriteString(setting.Name, setting.What);
            }

            json.WriteEndObject();
        });
        foreach (var (title, words) in OtherWords)
        {
            json.WriteString(title.ToLowerInvariant(), words);
        }
    }

    private static void WriteData(Utf8JsonWriter json, DataSet data)
    {
        json.WriteString("data", $"{data.Source}");
        WriteShape(json, "sampleShape", data.Train.SampleShape);
        json.WriteNumber("classes", data.ClassNames.Length);
    }

    private static void WriteModel(Utf8JsonWriter json, BuiltModel model)
    {
        json.WriteNumber("parameterCount", model.Graph.Layout.ParameterCount);
        json.WriteNumber("bytesPerSample", model.BytesPerSample);
        json.WriteObjects("layers", model.Graph.Nodes.Skip(1), node =>
        {
            json.WriteString("name", node.Name);
            json.WriteString("kind", node.Operation.Kind);
            WriteShape(json, "outputShape", node.OutputShape);
            json.WriteNumber("parameters", model.ParametersOf(node));
        });
    }

    private static void WriteShape(Utf8JsonWriter json, string name, TensorShape shape)
    {
        json.WriteStartArray(name);
        foreach (var extent in shape.Dimensions)
        {
            json.WriteNumberValue(extent);
        }

        json.WriteEndArray();
    }

    /// <param name="BytesPerSample">Of the engine's buffers in training: outputs, gradients and what operations keep.</param>
    private sealed record BuiltModel(ModelGraph Graph, long BytesPerSample)
    {
        /// <summary>Learned values of one layer.</summary>
        public long ParametersOf(GraphNode node) =>
            node.Parameters.Select(index => Graph.Layout.Tensors[index]).Where(tensor => tensor.Update is LearnedParameter).Sum(tensor => (long)tensor.Length);
    }
}
