using System.Text.Json;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Tests;

/// <summary>Ten steps of every optimizer, recorded by Recorded/record_optimizers.py; the file says with which version of PyTorch, the script where a formula stands in.</summary>
public class RecordedOptimizerTests
{
    private static readonly JsonElement Recorded = Load();
    private static readonly JsonSerializerOptions SettingNames = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    public static TheoryData<int, string> Cases { get; } = CreateCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ten_steps_follow_the_record(int index, string name)
    {
        var entry = Recorded.GetProperty("optimizers")[index];
        var settings = entry.GetProperty("settings").Deserialize<OptimizerSettings>(SettingNames)!;
        var optimizer = new SmallOptimization(OptimizerChain.Create(entry.GetProperty("name").GetString()!, settings));
        var step = 0;
        foreach (var expected in entry.GetProperty("path").EnumerateArray())
        {
            optimizer.Step(Recorded.GetProperty("rate").GetDouble());
            var values = expected.EnumerateArray().Select(value => value.GetDouble()).ToArray();
            Assert.Equal(values.Length, optimizer.Weights.Length);
            step++;
            for (var i = 0; i < values.Length; i++)
            {
                Assert.True(Math.Abs(values[i] - optimizer.Weights[i]) <= 3e-6 * Math.Max(1, Math.Abs(values[i])), $"{name}, step {step}, element {i}: expected {values[i]}, got {optimizer.Weights[i]}");
            }
        }

        Assert.Equal(10, step);
    }

    [Fact]
    public void Every_optimizer_is_on_record() =>
        Assert.Equal(OptimizerChain.Names.Order(), Recorded.GetProperty("optimizers").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()).Distinct().Order());

    private static TheoryData<int, string> CreateCases()
    {
        var cases = new TheoryData<int, string>();
        foreach (var (index, entry) in Recorded.GetProperty("optimizers").EnumerateArray().Index())
        {
            cases.Add(index, $"{entry.GetProperty("name").GetString()} {entry.GetProperty("settings").GetRawText()}");
        }

        return cases;
    }

    private static JsonElement Load()
    {
        using var stream = typeof(RecordedOptimizerTests).Assembly.GetManifestResourceStream("optimizers.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    /// <summary>A tensor of seven elements and one of one, on the sum of (w − c)⁴, under the reference kernels.</summary>
    private sealed class SmallOptimization
    {
        private readonly ModelGraph graph = ModelGraph.Chain(new TensorShape(7), [new DenseOperation(1, new ConstantInitializer(0))]);
        private readonly StagedUpdate update;
        private readonly TensorBuffer gradient;
        private TensorBuffer weights;
        private TensorBuffer spare;
        private long step;

        public SmallOptimization(OptimizerChain optimizer)
        {
            var length = graph.Layout.BufferLength;
            (weights, spare, gradient) = (new TensorBuffer(length), new TensorBuffer(length), new TensorBuffer(length));
            update = new StagedUpdate(new ReferenceParameterKernels(), graph.Layout, new OptimizerState(optimizer, graph.Layout));
            for (var i = 0; i < 7; i++)
            {
                weights.Span[i] = -1.5f + (i * 0.5f);
            }
        }

        public float[] Weights => [.. weights.Span[..7], weights.Span[Bias]];

        private int Bias => graph.Layout.Tensors[1].Offset;

        public void Step(double rate)
        {
            for (var i = 0; i < 7; i++)
            {
                gradient.Span[i] = Gradient(weights.Span[i], (float)(0.3 - (i * 0.7 / 6)));
            }

            gradient.Span[Bias] = Gradient(weights.Span[Bias], 0.25f);
            Assert.Null(update.Run(new UpdateInputs
            {
                Update = ++step, LearningRate = rate, Nodes = new GradientNode[] { new(new TreeNode(0, 0), gradient) }, SampleCount = 1, OldWeights = weights, NewWeights = spare,
            }));
            (weights, spare) = (spare, weights);
        }

        private static float Gradient(float weight, float centre) => 4 * MathF.Pow(weight - centre, 3);
    }
}
