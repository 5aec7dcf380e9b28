using System.Text.Json;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Tests;

/// <summary>Ten training steps of small networks that between them have every layer but dropout against values recorded from PyTorch by Recorded/record_sequence.py; the file says with which version.</summary>
public class RecordedTrainingTests
{
    private static readonly JsonElement Recorded = Load();

    public static TheoryData<string> Names { get; } = [.. Recorded.GetProperty("trainings").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];

    [Fact]
    public void Every_layer_kind_but_dropout_is_in_one_of_the_networks()
    {
        var kinds = Recorded.GetProperty("trainings").EnumerateArray().SelectMany(entry => entry.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("kind").GetString()!));
        Assert.Equal(LayerCatalog.Kinds.Except(["dropout"]).Order(), kinds.Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ten_steps_in_double_precision_equal_PyTorchs(string name)
    {
        var training = new RecordedTraining(Recorded, name);
        var graph = training.Graph;
        var program = new ReferenceProgram<double, DoubleArithmetic>(graph, training.Loss, training.Samples);
        var parameters = training.Tensors("before");
        var pass = new ReferencePass([0, training.Samples], IsTraining: true, [.. Enumerable.Range(0, training.Samples)], 1, 1);
        foreach (var expected in training.Losses)
        {
            var targets = new ReferenceTargets<double>(training.Labels, []);
            Assert.Equal(expected, program.LossSum(parameters, training.Inputs, targets, pass) / training.Samples, 1e-10);
            var gradients = program.GradientSum(parameters, training.Inputs, targets, pass);
            foreach (var tensor in graph.Layout.Tensors)
            {
                for (var i = 0; i < tensor.Length; i++)
                {
                    ref var value = ref parameters[tensor.Index][i];
                    var mean = gradients[tensor.Index][i] / training.Samples;
                    value += tensor.Update is RunningStatistic statistic ? statistic.Momentum * (mean - value) : -training.Rate * mean;
                }
            }
        }

        AssertClose(training, tensor => parameters[tensor], 1e-9);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ten_steps_through_the_engine_and_the_parameter_kernels_follow_PyTorch(string name)
    {
        var training = new RecordedTraining(Recorded, name);
        var layout = training.Graph.Layout;
        var engine = new ReferenceEngine();
        var program = engine.CreateProgram(training.Graph, training.Loss, training.Samples);
        var update = new StagedUpdate(engine.ParameterKernels, layout, new OptimizerState(OptimizerChain.Create("sgd", new OptimizerSettings()), layout));
        var (weights, spare) = (new TensorBuffer(layout.BufferLength), new TensorBuffer(layout.BufferLength));
        foreach (var tensor in layout.Tensors)
        {
            Singles(training.Tensors("before")[tensor.Index]).CopyTo(weights.Span[tensor.Offset..]);
        }

        var partition = MiniBatchPartition.Create(training.Samples, 1);
        GradientNode[] nodes = [new(partition.Root, new TensorBuffer(layout.BufferLength))];
        for (var step = 1; step <= training.Losses.Length; step++)
        {
            var statistics = new NodeStatistics[1];
            program.ComputeGradient(
                new GradientRequest
                {
                    Weights = weights, Partition = partition, FirstMicroBatch = 0, EndMicroBatch = 1, Inputs = Singles(training.Inputs), Targets = new TargetBatch(training.Labels),
                    SampleIds = [.. Enumerable.Range(0, training.Samples)], Seed = 1, Step = step,
                },
                nodes,
                statistics);
            Assert.Equal(training.Losses[step - 1], statistics[0].LossSum / training.Samples, 2e-5);
            update.Run(new UpdateInputs { Update = step, LearningRate = training.Rate, Nodes = nodes, SampleCount = training.Samples, OldWeights = weights, NewWeights = spare });
            (weights, spare) = (spare, weights);
        }

        AssertClose(training, tensor => [.. weights.Span.Slice(layout.Tensors[tensor].Offset, layout.Tensors[tensor].Length).ToArray().Select(value => (double)value)], 1e-4);
        var outputs = new float[training.Evaluation.Length];
        program.Forward(weights, Singles(training.Inputs), training.Samples, outputs);
        for (var i = 0; i < outputs.Length; i++)
        {
            Assert.Equal(training.Evaluation[i], outputs[i], 5e-4);
        }
    }

    private static void AssertClose(RecordedTraining training, Func<int, double[]> actual, double tolerance)
    {
        var after = training.Tensors("after");
        Assert.Equal(training.Graph.Layout.Tensors.Length, after.Length);
        foreach (var tensor in training.Graph.Layout.Tensors)
        {
            var values = actual(tensor.Index);
            for (var i = 0; i < tensor.Length; i++)
            {
                var expected = after[tensor.Index][i];
                Assert.True(Math.Abs(expected - values[i]) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{tensor.Name}[{i}]: {values[i]}, expected {expected}");
            }
        }
    }

    private static float[] Singles(double[] values) => Array.ConvertAll(values, value => (float)value);

    private static JsonElement Load()
    {
        using var stream = typeof(RecordedTrainingTests).Assembly.GetManifestResourceStream("sequence.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    private sealed class RecordedTraining
    {
        private readonly JsonElement entry;

        public RecordedTraining(JsonElement recorded, string name)
        {
            Rate = recorded.GetProperty("rate").GetDouble();
            entry = recorded.GetProperty("trainings").EnumerateArray().Single(candidate => candidate.GetProperty("name").GetString() == name);
            Graph = new ModelSpecification([.. entry.GetProperty("layers").EnumerateArray().Select(Layer)]).Build(new TensorShape([.. Integers("shape")]), 3);
        }

        public ModelGraph Graph { get; }

        public Loss Loss { get; } = new SoftmaxCrossEntropyLoss();

        public double Rate { get; }

        public int Samples => entry.GetProperty("samples").GetInt32();

        public double[] Inputs => Doubles(entry.GetProperty("inputs"));

        public int[] Labels => Integers("labels");

        public double[] Losses => Doubles(entry.GetProperty("losses"));

        public double[] Evaluation => Doubles(entry.GetProperty("evaluation"));

        public double[][] Tensors(string when) => [.. entry.GetProperty(when).EnumerateArray().Select(Doubles)];

        private static LayerSpecification Layer(JsonElement written) => written.EnumerateObject().Aggregate(
            new LayerSpecification(""),
            (layer, entry) => entry.Name switch
            {
                "kind" => layer with { Kind = entry.Value.GetString()! },
                "name" => layer with { Name = entry.Value.GetString() },
                "from" => layer with { From = [.. entry.Value.EnumerateArray().Select(name => name.GetString()!)] },
                _ => layer.With(entry.Name, entry.Value.ToString()),
            });

        private int[] Integers(string property) => [.. entry.GetProperty(property).EnumerateArray().Select(value => value.GetInt32())];

        private static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];
    }
}
