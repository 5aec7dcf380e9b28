using System.Text.Json;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Tests;

/// <summary>Values recorded from PyTorch by Recorded/record_pytorch.py; the file says with which version.</summary>
public class RecordedValuesTests
{
    private static readonly JsonElement Recorded = Load();

    [Theory]
    [InlineData("sgd")]
    [InlineData("momentum")]
    [InlineData("nesterov")]
    [InlineData("adam")]
    public void Ten_steps_of_an_optimizer_follow_PyTorch(string name)
    {
        var path = Recorded.GetProperty("optimizers").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name).GetProperty("path");
        var start = Enumerable.Range(0, 7).Select(i => -1.5f + (i * 0.5f)).ToArray();
        var centre = Enumerable.Range(0, 7).Select(i => (float)(0.3 - (i * 0.7 / 6))).ToArray();
        var chain = OptimizerChain.Create(name, new OptimizerSettings());
        var updater = new SingleTensorUpdater(start, chain);
        for (var step = 1; step <= path.GetArrayLength(); step++)
        {
            var gradient = updater.Weights.Zip(centre, (w, c) => 4 * MathF.Pow(w - c, 3)).ToArray();
            updater.Step(gradient, learningRate: 0.02f);
            AssertClose(Doubles(path[step - 1]), updater.Weights.Select(weight => (double)weight), 2e-6, $"{name}, step {step}");
        }
    }

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

    /// <summary>One tensor under an optimizer, updated by the reference kernels.</summary>
    private sealed class SingleTensorUpdater
    {
        private readonly ModelGraph graph;
        private readonly OptimizerChain chain;
        private readonly TensorBuffer[] state;
        private TensorBuffer weights;
        private TensorBuffer spare;
        private long step;

        public SingleTensorUpdater(float[] start, OptimizerChain chain)
        {
            graph = ModelGraph.Chain(new TensorShape(start.Length), [new DenseOperation(1, new ConstantInitializer(0))]);
            this.chain = chain;
            weights = new TensorBuffer(graph.Layout.BufferLength);
            spare = new TensorBuffer(graph.Layout.BufferLength);
            state = [.. Enumerable.Range(0, chain.StateCount).Select(_ => new TensorBuffer(graph.Layout.BufferLength))];
            start.CopyTo(weights.Span);
        }

        public float[] Weights => weights.Span[..7].ToArray();

        public void Step(float[] gradient, float learningRate)
        {
            step++;
            var buffer = new TensorBuffer(graph.Layout.BufferLength);
            gradient.CopyTo(buffer.Span);
            var request = new UpdateRequest
            {
                Layout = graph.Layout,
                Nodes = [new GradientNode(new TreeNode(0, 0), buffer)],
                SampleCount = 1,
                Optimizer = chain,
                Constants = chain.Constants(step),
                LearningRate = learningRate,
                OldWeights = weights,
                NewWeights = spare,
                State = state,
            };
            Assert.Equal(-1, new ReferenceParameterKernels().ReduceAndUpdate(request, 0, graph.Layout.Chunks.Length));
            (weights, spare) = (spare, weights);
        }
    }
}
