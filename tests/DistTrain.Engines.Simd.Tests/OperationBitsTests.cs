using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;
using DistTrain.Tests.Shared;

namespace DistTrain.Engines.Simd.Tests;

/// <summary>Every case in the registry on every kernel path: the reference engine's bits, forward and backward, whole and in parts.</summary>
public sealed class OperationBitsTests
{
    public static TheoryData<KernelPath, string> Cases { get; } = CreateCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_and_statistics_have_the_reference_engines_bits(KernelPath path, string name)
    {
        foreach ((int samples, int? microBatches) in ((int, int?)[])[(1, null), (2, 2), (7, 4), (33, null), (39, 8)])
        {
            var run = new CaseRun(OperationCases.Find(name), samples, microBatches);
            int count = run.MicroBatchCount;
            foreach ((int first, int end) in new[] { (0, count), (count / 2, count), (count / 4, count - (count / 8)) })
            {
                AssertEqualGradients(run, path, first, end, $"{name} n={samples} [{first},{end})");
            }
        }
    }

    /// <summary>What a step asks for whose noise is measured: smaller nodes than those that cover the range, which the worker adds up itself.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Smaller_nodes_have_the_reference_engines_bits_and_add_up_to_the_larger(KernelPath path, string name)
    {
        var run = new CaseRun(OperationCases.Find(name), 39, 8);
        foreach ((int first, int end, int highestLevel) in ((int, int, int)[])[(0, 8, 1), (0, 8, 0), (1, 7, 1)])
        {
            (float[][] expected, NodeStatistics[] expectedStatistics) = run.Gradient(new ReferenceEngine(), first, end, highestLevel);
            (float[][] actual, NodeStatistics[] statistics) = run.Gradient(new SimdEngine(path), first, end, highestLevel);
            Assert.Equal(expectedStatistics, statistics);
            var folded = TreeFold.Fold(TreeNode.Cover(first, end, highestLevel).Zip(actual), static (left, right) => [.. left.Zip(right, (x, y) => x + y)]);
            (float[][] whole, _) = run.Gradient(new SimdEngine(path), first, end);
            for (int i = 0; i < actual.Length; i++)
            {
                Bits.AssertEqual(expected[i], actual[i], $"{name} [{first},{end}) up to level {highestLevel}, node {i}");
            }

            for (int i = 0; i < whole.Length; i++)
            {
                Bits.AssertEqual(whole[i], folded[i].Value, $"{name} [{first},{end}) from level {highestLevel}, sum {i}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_have_the_reference_engines_bits_alone_and_in_company(KernelPath path, string name)
    {
        var run = new CaseRun(OperationCases.Find(name), 11, null);
        float[] expected = run.Outputs(new ReferenceEngine(), 0, 11);
        Bits.AssertEqual(expected, run.Outputs(new SimdEngine(path), 0, 11), name);
        int width = expected.Length / 11;
        Bits.AssertEqual(expected.AsSpan(4 * width, width), run.Outputs(new SimdEngine(path), 4, 1), $"{name}, one sample");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_gradient_in_the_steady_state_allocates_nothing(KernelPath path, string name) =>
        Assert.Equal(0, new CaseRun(OperationCases.Find(name), 13, 4).AllocatedBytes(new SimdEngine(path)));

    /// <summary>Gradients can leave, and weights come, tensor by tensor: what is said to be final is, and nothing is read before it has been waited for.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Tensors_are_waited_for_in_order_and_told_of_when_they_are_final(KernelPath path, string name)
    {
        var run = new CaseRun(OperationCases.Find(name), 39, 8);
        foreach (IEngine engine in new IEngine[] { new SimdEngine(path), new ReferenceEngine() })
        {
            AssertTellsOfTensors(run, engine, 0, 8, name);
            AssertTellsOfTensors(run, engine, 1, 7, name);
        }
    }

    internal static void AssertTellsOfTensors(CaseRun run, IEngine engine, int first, int end, string context)
    {
        ArgumentNullException.ThrowIfNull(run);
        int count = run.Graph.Layout.Tensors.Length;
        var waitedFor = new List<int>();
        var final = new List<int>();
        var copies = new List<float[][]>();
        (float[][] expected, NodeStatistics[] expectedStatistics) = run.Gradient(engine, first, end);
        (float[][] actual, NodeStatistics[] actualStatistics) = run.WatchedGradient(engine, first, end, waitedFor.Add, (index, nodes) =>
        {
            final.Add(index);
            ParameterTensor tensor = run.Graph.Layout.Tensors[index];
            copies.Add([.. nodes.Select(node => node.Gradient.Span.Slice(tensor.Offset, tensor.Length).ToArray())]);
        });
        Assert.Equal(Enumerable.Range(0, count), waitedFor);
        Assert.Equal(Enumerable.Range(0, count).Reverse(), final);
        Assert.Equal(expectedStatistics, actualStatistics);
        for (int node = 0; node < expected.Length; node++)
        {
            Bits.AssertEqual(expected[node], actual[node], $"{context}, node {node}");
            for (int i = 0; i < count; i++)
            {
                ParameterTensor tensor = run.Graph.Layout.Tensors[final[i]];
                Bits.AssertEqual(expected[node].AsSpan(tensor.Offset, tensor.Length), copies[i][node], $"{context}, node {node}, {tensor.Name} when it was final");
            }
        }
    }

    /// <summary>A label for every position: the outputs are an embedding's rows, one a position.</summary>
    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Cross_entropy_of_every_position_has_the_reference_engines_bits(KernelPath path)
    {
        foreach ((int positions, int classes, double smoothing) in ((int, int, double)[])[(1, 1, 0), (2, 3, 0), (3, 17, 0.1), (300, 5, 0), (7, 33, 0.2)])
        {
            ModelGraph graph = ModelGraph.Chain(new TensorShape(positions), [new EmbeddingOperation(7, classes, new NormalInitializer(2))]);
            var one = new OperationCase("positions", graph.InputShape, []) { Loss = new SoftmaxCrossEntropyLoss(smoothing), OutputWidth = classes, LabelsPerSample = positions, Vocabulary = 7 };
            var run = new CaseRun(one, graph, 9, 4);
            (float[][] _, NodeStatistics[] statistics) = run.Gradient(new SimdEngine(path), 0, 4);
            Assert.InRange(statistics[0].CorrectCount, 1, 9 * positions);
            AssertEqualGradients(run, path, 0, 4, $"{positions} positions, {classes} classes");
        }
    }

    internal static void AssertEqualGradients(CaseRun run, KernelPath path, int first, int end, string context)
    {
        (float[][] expected, NodeStatistics[] expectedStatistics) = run.Gradient(new ReferenceEngine(), first, end);
        (float[][] actual, NodeStatistics[] actualStatistics) = run.Gradient(new SimdEngine(path), first, end);
        Assert.Equal(expectedStatistics, actualStatistics);
        for (int i = 0; i < expected.Length; i++)
        {
            Bits.AssertEqual(expected[i], actual[i], $"{context}, node {i}");
        }
    }

    private static TheoryData<KernelPath, string> CreateCases()
    {
        var data = new TheoryData<KernelPath, string>();
        foreach (KernelPath path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
        {
            foreach (OperationCase one in OperationCases.All)
            {
                data.Add(path, one.Name);
            }
        }

        return data;
    }
}
