using System.Text.Json;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests;

/// <summary>Convolutions and poolings against values recorded from PyTorch by Recorded/record_convolution.py; the file says with which version.</summary>
public class RecordedConvolutionTests
{
    private static readonly JsonElement[] Cases = Load();

    public static TheoryData<string> Names { get; } = [.. Cases.Select(entry => entry.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Outputs_and_gradients_equal_PyTorchs(string name)
    {
        var entry = Cases.Single(candidate => candidate.GetProperty("name").GetString() == name);
        var samples = entry.GetProperty("samples").GetInt32();
        var layer = Layer(entry.GetProperty("layer"));
        var operation = LayerCatalog.Find(layer.Kind).Create(new LayerReading(layer, name, 10, null));
        var shape = new TensorShape([.. entry.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32())]);
        var graph = ModelGraph.Chain(shape, [operation]);
        var expectedShape = entry.GetProperty("output_shape").EnumerateArray().Select(length => length.GetInt32());
        Assert.Equal(operation is GlobalPoolOperation ? expectedShape.TakeLast(1) : expectedShape, graph.OutputShape.Dimensions);

        var node = new ReferenceNode<double>(
            graph.Nodes[1], [shape], [Doubles(entry, "inputs")], [.. entry.GetProperty("parameters").EnumerateArray().Select(Doubles)], ReferencePass.Evaluating(samples));
        var reference = ReferenceOperations<double, DoubleArithmetic>.Of(operation);
        node.Output = reference.Forward(node);
        AssertClose(Doubles(entry, "outputs"), node.Output, "outputs");
        var weighting = Doubles(entry, "weighting");
        AssertClose(Doubles(entry, "input_gradient"), reference.InputGradients(node, weighting)[0], "input gradient");
        var gradients = reference.ParameterGradients(node, weighting, 0, samples);
        var expected = entry.GetProperty("gradients").EnumerateArray().Select(Doubles).ToArray();
        Assert.Equal(expected.Length, gradients.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            AssertClose(expected[i], gradients[i], $"gradient {i}");
        }
    }

    private static LayerSpecification Layer(JsonElement settings) => settings.EnumerateObject().Where(setting => setting.Name != "kind")
        .Aggregate(new LayerSpecification(settings.GetProperty("kind").GetString()!), (layer, setting) => layer.With(setting.Name, setting.Value.ToString()));

    private static void AssertClose(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-12 * Math.Max(1, Math.Abs(expected[i])), $"{what}, element {i}: {actual[i]}, expected {expected[i]}");
        }
    }

    private static double[] Doubles(JsonElement entry, string property) => Doubles(entry.GetProperty(property));

    private static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static JsonElement[] Load()
    {
        using var stream = typeof(RecordedConvolutionTests).Assembly.GetManifestResourceStream("convolution.json")!;
        return [.. JsonDocument.Parse(stream).RootElement.GetProperty("cases").EnumerateArray()];
    }
}
