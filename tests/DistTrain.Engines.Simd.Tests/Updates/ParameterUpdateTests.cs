using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Tests.Updates;

public sealed class ParameterUpdateTests
{
    private static readonly OptimizerSettings Settings = new();

    public static TheoryData<KernelPath, string> Cases { get; } = CreateCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Three_steps_have_the_reference_engines_bits_for_any_cut_into_nodes_and_chunks(KernelPath path, string optimizer)
    {
        // 49·353 + 353 + 353·10 + 10 parameters: the first tensor has two chunks, the last ones end inside a vector.
        ModelGraph graph = ModelSpecification.Parse("mlp:353").Build(new TensorShape(49), 10);
        foreach (int[] cuts in new int[][] { [], [4], [3, 5], [1, 2, 3, 4, 5, 6, 7], [6] })
        {
            foreach (int sampleCount in (int[])[64, 131])
            {
                State expected = Train(new ReferenceEngine().ParameterKernels, graph, optimizer, cuts, sampleCount, 1);
                State actual = Train(new SimdEngine(path).ParameterKernels, graph, optimizer, cuts, sampleCount, 3);
                Bits.AssertEqual(expected.Weights.Span, actual.Weights.Span, $"{optimizer} weights, cuts {string.Join(',', cuts)}");
                for (int i = 0; i < expected.Optimizer.Length; i++)
                {
                    Bits.AssertEqual(expected.Optimizer[i].Span, actual.Optimizer[i].Span, $"{optimizer} state {i}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void The_first_chunk_with_a_value_that_is_not_finite_is_reported_and_gaps_do_not_count(KernelPath path)
    {
        ModelGraph graph = ModelSpecification.Parse("mlp:353").Build(new TensorShape(49), 10);
        IParameterKernels kernels = new SimdEngine(path).ParameterKernels;
        ParameterTensor last = graph.Layout.Tensors[^1];
        TensorBuffer gradient = Gradient(graph, 1);
        Assert.Equal(-1, Update(kernels, graph, gradient));
        // Behind the last of the ten biases there is a gap; what lies in it belongs to nobody.
        gradient.Span[last.Offset + last.Length] = float.NaN;
        Assert.Equal(-1, Update(kernels, graph, gradient));
        gradient.Span[last.Offset + 9] = float.NaN;
        Assert.Equal(graph.Layout.Chunks.Length - 1, Update(kernels, graph, gradient));
        gradient.Span[graph.Layout.Chunks[1].Offset + 7] = float.NegativeInfinity;
        Assert.Equal(1, Update(kernels, graph, gradient));
    }

    [Fact]
    public void Nodes_that_do_not_make_a_root_are_refused()
    {
        ModelGraph graph = ModelSpecification.Parse("logistic").Build(new TensorShape(4), 3);
        GradientNode[] nodes = [new(new TreeNode(0, 1), Gradient(graph, 1)), new(new TreeNode(0, 2), Gradient(graph, 2))];
        Assert.Throws<ArgumentException>(() => Step(new SimdEngine().ParameterKernels, graph, OptimizerChain.Create("sgd", Settings), nodes, 4, 1, NewState(graph, "sgd"), 1));
    }

    private static State Train(IParameterKernels kernels, ModelGraph graph, string optimizerName, int[] cuts, int sampleCount, int chunksAtATime)
    {
        OptimizerChain optimizer = OptimizerChain.Create(optimizerName, Settings);
        State state = NewState(graph, optimizerName);
        int[] borders = [0, .. cuts, 8];
        for (int step = 1; step <= 3; step++)
        {
            int seed = step * 100;
            GradientNode[] nodes = [.. borders.Zip(borders.Skip(1), TreeNode.Cover).SelectMany(cover => cover).Select(node => new GradientNode(node, Gradient(graph, seed++)))];
            Assert.Equal(-1, Step(kernels, graph, optimizer, nodes, sampleCount, step, state, chunksAtATime));
            state = state with { Weights = state.Next, Next = state.Weights };
        }

        return state;
    }

    private static int Step(
        IParameterKernels kernels, ModelGraph graph, OptimizerChain optimizer, GradientNode[] nodes, int sampleCount, int step, State state, int chunksAtATime)
    {
        int firstNonFinite = -1;
        int chunkCount = graph.Layout.Chunks.Length;
        for (int chunk = 0; chunk < chunkCount; chunk += chunksAtATime)
        {
            var request = new UpdateRequest
            {
                Layout = graph.Layout, Nodes = nodes, SampleCount = sampleCount, Optimizer = optimizer, Constants = optimizer.Constants(step), LearningRate = 0.1f,
                OldWeights = state.Weights, NewWeights = state.Next, State = state.Optimizer,
            };
            int bad = kernels.ReduceAndUpdate(request, chunk, Math.Min(chunk + chunksAtATime, chunkCount));
            firstNonFinite = firstNonFinite < 0 ? bad : firstNonFinite;
        }

        return firstNonFinite;
    }

    private static int Update(IParameterKernels kernels, ModelGraph graph, TensorBuffer gradient) =>
        Step(kernels, graph, OptimizerChain.Create("adam", Settings), [new(new TreeNode(0, 0), gradient)], 3, 1, NewState(graph, "adam"), int.MaxValue / 2);

    private static State NewState(ModelGraph graph, string optimizer) => new(
        graph.Layout.CreateInitialWeights(5),
        new TensorBuffer(graph.Layout.BufferLength),
        [.. OptimizerChain.Create(optimizer, Settings).StateNames.Select(_ => new TensorBuffer(graph.Layout.BufferLength))]);

    private static TensorBuffer Gradient(ModelGraph graph, int seed)
    {
        var random = new Random(seed);
        var result = new TensorBuffer(graph.Layout.BufferLength);
        foreach (ParameterTensor tensor in graph.Layout.Tensors)
        {
            foreach (ref float value in result.Span.Slice(tensor.Offset, tensor.Length))
            {
                value = (random.NextSingle() * 20) - 10;
            }
        }

        return result;
    }

    private static TheoryData<KernelPath, string> CreateCases()
    {
        var data = new TheoryData<KernelPath, string>();
        foreach (KernelPath path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
        {
            foreach (string optimizer in OptimizerChain.Names)
            {
                data.Add(path, optimizer);
            }
        }

        return data;
    }

    private sealed record State(TensorBuffer Weights, TensorBuffer Next, TensorBuffer[] Optimizer);
}
