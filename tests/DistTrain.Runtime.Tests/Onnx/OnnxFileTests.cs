using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Runtime.Onnx;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Tests.Support;
using DistTrain.Tests.Shared;

namespace DistTrain.Runtime.Tests.Onnx;

public sealed class OnnxFileTests : IDisposable
{
    private const int Samples = 3;
    private const string Modules = "onnx, numpy";

    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-onnx-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Every case of the registry of operations, and every model with a name.</summary>
    private static IEnumerable<OperationCase> Cases =>
    [
        .. OperationCases.All,
        .. NamedModels.All.Select(model => new OperationCase($"model {model.Name}", InputOf(model.Name), ModelSpecification.Parse(model.Example).Layers) { OutputWidth = 5 }),
    ];

    [PythonFact(Modules, "python3-onnx")]
    public void Every_layer_and_every_named_model_gives_another_program_the_same_outputs()
    {
        var runs = Cases.Select((tested, index) => (Case: tested, Run: new CaseRun(tested, Samples, null), Name: $"{index:000}")).ToArray();
        foreach (var (tested, run, name) in runs)
        {
            OnnxFile.Write(Path.Combine(folder, $"{name}.onnx"), Model(tested, run), [], "1.2.3");
            File.WriteAllBytes(Path.Combine(folder, $"{name}.input"), MemoryMarshal.AsBytes(run.Inputs).ToArray());
        }

        PythonProgram.Run(Modules, "Onnx/evaluate_onnx.py", folder);
        var engine = new ReferenceEngine();
        foreach (var (tested, run, name) in runs)
        {
            var expected = run.Outputs(engine, 0, Samples);
            var found = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, $"{name}.output"))).ToArray();
            Assert.Equal(expected.Length, found.Length);
            for (var index = 0; index < expected.Length; index++)
            {
                Assert.True(
                    Math.Abs(expected[index] - found[index]) <= 1e-5 * (1 + Math.Abs(expected[index])), $"{tested.Name}: output {index} is {found[index]}, but here it is {expected[index]}");
            }
        }

        // Outputs that were all alike would agree with anything.
        Assert.All(runs, run => Assert.True(run.Run.Outputs(engine, 0, Samples).Distinct().Count() > 1, run.Case.Name));
    }

    /// <summary>A kind of layer that has no ONNX form belongs into this list, with the reason.</summary>
    [Fact]
    public void No_kind_of_layer_is_without_an_onnx_form()
    {
        string[] without = [];
        Assert.Empty(LayerCatalog.Kinds.Except(Cases.SelectMany(tested => tested.Layers).Select(layer => layer.Kind)));
        Assert.All(Cases, tested =>
        {
            var refusal = Record.Exception(() => OnnxFile.Write(Path.Combine(folder, "x.onnx"), Model(tested, new CaseRun(tested, 1, null)), [], "1.2.3"));
            Assert.True(refusal is null || tested.Layers.Any(layer => without.Contains(layer.Kind)), $"{tested.Name}: {refusal?.Message}");
        });
    }

    [PythonFact(Modules, "python3-onnx")]
    public void The_file_says_what_its_output_means_and_images_are_turned_over_once()
    {
        var tested = Cases.Single(tested => tested.Name == "model cnn");
        var run = new CaseRun(tested, 1, null);
        OnnxFile.Write(Path.Combine(folder, "cnn.onnx"), Model(tested, run), ["cat", "größer"], "1.2.3");
        File.WriteAllBytes(Path.Combine(folder, "cnn.input"), MemoryMarshal.AsBytes(run.Inputs).ToArray());
        PythonProgram.Run(Modules, "Onnx/evaluate_onnx.py", folder);
        var description = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cnn.json"))).RootElement;
        var metadata = description.GetProperty("metadata");
        Assert.Equal("logits", description.GetProperty("output").GetString());
        Assert.Equal("cross-entropy", metadata.GetProperty("loss").GetString());
        Assert.Equal(["cat", "größer"], JsonSerializer.Deserialize<string[]>(metadata.GetProperty("classes").GetString()!)!);
        Assert.Equal("as it was", metadata.GetProperty("preprocessing").GetString());
        Assert.Equal(2, description.GetProperty("operators").EnumerateArray().Count(operation => operation.GetString() == "Transpose"));
        Assert.Equal("output", OnnxFile.OutputName(new MeanSquaredErrorLoss()));
    }

    [Fact]
    public void A_layer_without_an_onnx_form_is_refused_by_name()
    {
        var builder = new ModelGraphBuilder(new TensorShape(3));
        builder.Add(new Unheard(), "strange");
        var graph = builder.Build();
        var model = Model(Cases.First(), new CaseRun(Cases.First(), 1, null)) with { Graph = graph };
        var refusal = Assert.Throws<InvalidInputException>(() => OnnxFile.Write(Path.Combine(folder, "x.onnx"), model, [], "1.2.3"));
        Assert.Contains("'strange'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("unheard-of", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));
    }

    private static TensorShape InputOf(string model) => model == "lstm" ? new TensorShape(6, 5) : new TensorShape(28, 28, 1);

    private static TrainedModel Model(OperationCase tested, CaseRun run) => new()
    {
        Specification = new ModelSpecification(tested.Layers),
        Graph = run.Graph,
        Loss = tested.Loss,
        Weights = run.Weights,
        WeightsHash = "none",
        ArithmeticId = ArithmeticId.Cpu,
        Step = 1,
        Attributes = ImmutableSortedDictionary<string, string>.Empty.Add("preprocessing", "as it was"),
    };

    private sealed record Unheard : ElementwiseOperation
    {
        public override string Kind => "unheard-of";
    }
}
