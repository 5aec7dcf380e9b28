using System.Text.Json;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests;

/// <summary>Activations, losses and embeddings against values recorded from PyTorch by Recorded/record_layers.py; the file says with which version.</summary>
public class RecordedLayerTests
{
    private const double Tolerance = 1e-12;
    private static readonly JsonElement Recorded = Load();

    public static TheoryData<int> Activations => [.. Enumerable.Range(0, Recorded.GetProperty("activations").GetArrayLength())];

    public static TheoryData<int> Losses => [.. Enumerable.Range(0, Recorded.GetProperty("losses").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Activations))]
    public void An_activation_and_its_gradient_are_PyTorchs(int index)
    {
        var entry = Recorded.GetProperty("activations")[index];
        var layer = entry.GetProperty("settings").EnumerateObject()
            .Aggregate(new LayerSpecification(entry.GetProperty("kind").GetString()!), (layer, setting) => layer.With(setting.Name, setting.Value.GetString()!));
        var operation = LayerCatalog.Find(layer.Kind).Create(new LayerReading(layer, "the layer", 1, null));
        var (y, gradient) = Run(operation, new TensorShape(5), 5, Doubles(entry, "x"), [], Doubles(entry, "weight"));
        AssertClose(Doubles(entry, "y"), y, $"{layer.Kind}");
        AssertClose(Doubles(entry, "gradient"), gradient.InputGradients()[0], $"gradient of {layer.Kind}");
    }

    [Fact]
    public void An_embedding_and_its_gradient_are_PyTorchs()
    {
        var entry = Recorded.GetProperty("embedding");
        var operation = new EmbeddingOperation(6, 3, new ConstantInitializer(0));
        var (y, gradient) = Run(operation, new TensorShape(4), 2, Doubles(entry, "tokens"), [Doubles(entry, "table")], Doubles(entry, "weight"));
        AssertClose(Doubles(entry, "y"), y, "embedding");
        AssertClose(Doubles(entry, "gradient"), gradient.ParameterGradients()[0], "gradient of the table");
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_and_its_gradient_are_PyTorchs(int index)
    {
        var entry = Recorded.GetProperty("losses")[index];
        var loss = Loss.Create(entry.GetProperty("name").GetString()!, new LossSettings(entry.GetProperty("smoothing").GetDouble(), entry.GetProperty("delta").GetDouble()));
        var samples = entry.GetProperty("samples").GetInt32();
        var targets = new ReferenceTargets<double>([.. entry.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32())], Doubles(entry, "values"));
        var outputs = Doubles(entry, "outputs");
        var width = outputs.Length / samples;
        var gradient = new double[outputs.Length];
        var sum = 0.0;
        for (var sample = 0; sample < samples; sample++)
        {
            var row = sample * width;
            sum += ReferenceLoss<double, DoubleArithmetic>.Sample(loss, outputs.AsSpan(row, width), targets.Of(sample, samples), gradient.AsSpan(row, width));
        }

        Assert.Equal(entry.GetProperty("value").GetDouble(), sum / samples, Tolerance);
        AssertClose(Doubles(entry, "gradient"), [.. gradient.Select(element => element / samples)], loss.Name);
    }

    private static (double[] Output, Gradients Gradients) Run(Operation operation, TensorShape input, int samples, double[] x, double[][] parameters, double[] dy)
    {
        var graph = ModelGraph.Chain(input, [operation]);
        var node = new ReferenceNode<double>(graph.Nodes[1], [input], [x], parameters, ReferencePass.Evaluating(samples));
        var reference = ReferenceOperations<double, DoubleArithmetic>.Of(operation);
        node.Output = reference.Forward(node);
        return (node.Output, new Gradients(reference, node, dy));
    }

    private static void AssertClose(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * Math.Max(1, Math.Abs(expected[i])), $"{what}, element {i}: expected {expected[i]}, got {actual[i]}");
        }
    }

    private static double[] Doubles(JsonElement entry, string name) => [.. entry.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static JsonElement Load()
    {
        using var stream = typeof(RecordedLayerTests).Assembly.GetManifestResourceStream("layers.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    private sealed record Gradients(ReferenceOperation<double, DoubleArithmetic> Operation, ReferenceNode<double> Node, double[] Dy)
    {
        public double[][] InputGradients() => Operation.InputGradients(Node, Dy);

        public double[][] ParameterGradients() => Operation.ParameterGradients(Node, Dy, 0, Node.SampleCount);
    }
}
