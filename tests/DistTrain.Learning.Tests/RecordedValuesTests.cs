using System.Text.Json;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Tests;

/// <summary>Values recorded from PyTorch by Recorded/record_pytorch.py; the file says with which version.</summary>
public class RecordedValuesTests
{
    private static readonly JsonElement Recorded = Load();

    [Fact]
    public void Losses_and_gradients_of_small_networks_equal_PyTorchs()
    {
        var checkedNetworks = 0;
        foreach (var network in Recorded.GetProperty("networks").EnumerateArray())
        {
            Operation activation = network.GetProperty("activation").GetString() == "relu" ? new ReluOperation() : new TanhOperation();
            Loss loss = network.GetProperty("loss").GetString() == "mse" ? new MeanSquaredErrorLoss() : new SoftmaxCrossEntropyLoss();
            var zeros = new ConstantInitializer(0);
            var graph = ModelGraph.Chain(new TensorShape(5), [new DenseOperation(4, zeros), activation, new DenseOperation(3, zeros)]);
            var program = new ReferenceProgram<double, DoubleArithmetic>(graph, loss, 6);
            var parameters = network.GetProperty("parameters").EnumerateArray().Select(Doubles).ToArray();
            var inputs = Doubles(network.GetProperty("inputs"));
            var labels = network.GetProperty("labels").EnumerateArray().Select(label => label.GetInt32()).ToArray();
            var pass = new ReferencePass([0, 6], IsTraining: true, [0, 1, 2, 3, 4, 5], 3, 1);
            Assert.Equal(network.GetProperty("value").GetDouble(), program.LossSum(parameters, inputs, new(labels, []), pass) / 6, 1e-12);
            var gradients = program.GradientSum(parameters, inputs, new(labels, []), pass);
            var expected = network.GetProperty("gradients").EnumerateArray().Select(Doubles).ToArray();
            for (var tensor = 0; tensor < expected.Length; tensor++)
            {
                AssertClose(expected[tensor], gradients[tensor].Select(sum => sum / 6), 1e-12, $"tensor {tensor}");
            }

            checkedNetworks++;
        }

        Assert.Equal(4, checkedNetworks);
    }

    private static void AssertClose(double[] expected, IEnumerable<double> actual, double tolerance, string what)
    {
        var values = actual.ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - values[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"{what}, element {i}: expected {expected[i]}, got {values[i]}");
        }
    }

    private static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static JsonElement Load()
    {
        using var stream = typeof(RecordedValuesTests).Assembly.GetManifestResourceStream("pytorch.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
