using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Tests.Updates;

public sealed class ParameterUpdateTests
{
    /// <summary>Settings that bring in every transform, besides the usual ones.</summary>
    private static readonly Dictionary<string, OptimizerSettings> Settings = new()
    {
        ["usual"] = new(),
        ["penalties"] = new() { ClipValue = 4, L1 = 0.01, L2 = 0.02, WeightDecay = 0.03, Momentum = 0.8, Centered = true },
        ["clip-norm"] = new() { ClipNorm = 0.5, L2 = 0.02, InitialAccumulator = 0.1 },
    };

    public static TheoryData<KernelPath, string, string> Cases { get; } = CreateCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Three_steps_have_the_reference_engines_bits(KernelPath path, string optimizer, string settings)
    {
        AssertSameBits(path, OptimizerChain.Create(optimizer, Settings[settings]), [], 64);
        AssertSameBits(path, OptimizerChain.Create(optimizer, Settings[settings]), [3, 5], 131);
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void They_have_them_for_any_cut_into_nodes(KernelPath path)
    {
        foreach (int[] cuts in new int[][] { [4], [1, 2, 3, 4, 5, 6, 7], [6], [2, 4, 6] })
        {
            AssertSameBits(path, OptimizerChain.Create("momentum", Settings["usual"]), cuts, 64);
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Norms_by_tensor_are_those_of_the_values_however_large_or_small(KernelPath path)
    {
        ModelGraph graph = Graph();
        foreach (float scale in (float[])[1f, 1e25f, 1e-30f])
        {
            TensorBuffer weights = graph.Layout.CreateInitialWeights(5), next = new(graph.Layout.BufferLength), gradient = Gradient(graph, 1, scale);
            var update = new StagedUpdate(new SimdEngine(path).ParameterKernels, graph.Layout, NewState(graph, "sgd"));
            Assert.Null(update.Run(Inputs([new(new TreeNode(0, 0), gradient)], weights, next, 3) with { LearningRate = 0.5, Measures = true }));
            ParameterTensor[] learned = [.. graph.Layout.Tensors.Where(tensor => tensor.Update is LearnedParameter)];
            ImmutableArray<TensorNorms> norms = TensorNorms.Fold(graph.Layout, update.Measures, 3);
            Assert.Equal(learned.Select(tensor => tensor.Index), norms.Select(entry => entry.TensorIndex));
            foreach ((ParameterTensor tensor, TensorNorms entry) in learned.Zip(norms))
            {
                AssertClose(Norm(tensor, i => gradient.Span[i] / 3.0), entry.GradientNorm);
                AssertClose(Norm(tensor, i => weights.Span[i]), entry.WeightNorm);
                AssertClose(Norm(tensor, i => (double)next.Span[i] - weights.Span[i]), entry.ChangeNorm);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void A_running_statistic_moves_towards_the_mean_whatever_the_optimizer(KernelPath path)
    {
        ModelGraph graph = Graph();
        ParameterTensor statistic = graph.Layout.Tensors.Single(tensor => tensor.Update is RunningStatistic);
        foreach (string optimizer in (string[])["sgd", "adamw", "lamb"])
        {
            TensorBuffer weights = graph.Layout.CreateInitialWeights(5), next = new(graph.Layout.BufferLength), gradient = Gradient(graph, 1);
            OptimizerState state = NewState(graph, optimizer, new OptimizerSettings { ClipNorm = 0.1, L1 = 1 });
            var update = new StagedUpdate(new SimdEngine(path).ParameterKernels, graph.Layout, state);
            Assert.Null(update.Run(Inputs([new(new TreeNode(0, 0), gradient)], weights, next, 5)));
            for (int i = statistic.Offset; i < statistic.Offset + statistic.Length; i++)
            {
                float old = weights.Span[i];
                Assert.Equal(MathF.FusedMultiplyAdd(0.25f, (gradient.Span[i] / 5) - old, old), next.Span[i]);
                Assert.All(state.Tensors, tensor => Assert.Equal(0, tensor.Span[i]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void The_first_chunk_with_a_value_that_is_not_finite_is_reported_and_gaps_do_not_count(KernelPath path)
    {
        ModelGraph graph = Graph();
        ParameterTensor last = graph.Layout.Tensors[^1];
        foreach (double clipNorm in (double[])[0, 1])
        {
            int? Update(TensorBuffer gradient)
            {
                var state = NewState(graph, "adam", new OptimizerSettings { ClipNorm = clipNorm });
                TensorBuffer weights = graph.Layout.CreateInitialWeights(5), next = new(graph.Layout.BufferLength);
                return new StagedUpdate(new SimdEngine(path).ParameterKernels, graph.Layout, state).Run(Inputs([new(new TreeNode(0, 0), gradient)], weights, next, 3));
            }

            TensorBuffer gradient = Gradient(graph, 1);
            Assert.Null(Update(gradient));
            // Behind the last of the ten biases there is a gap; what lies in it belongs to nobody.
            gradient.Span[last.Offset + last.Length] = float.NaN;
            Assert.Null(Update(gradient));
            gradient.Span[last.Offset + 9] = float.NaN;
            Assert.Equal(graph.Layout.Chunks.Length - 1, Update(gradient));
            Chunk statistic = graph.Layout.Chunks.Single(chunk => graph.Layout.Tensors[chunk.TensorIndex].Update is RunningStatistic);
            gradient.Span[statistic.Offset + 1] = float.PositiveInfinity;
            Assert.Equal(statistic.Index, Update(gradient));
            gradient.Span[graph.Layout.Chunks[1].Offset + 7] = float.NegativeInfinity;
            Assert.Equal(1, Update(gradient));
        }
    }

    [Fact]
    public void Nodes_that_do_not_make_a_root_are_refused()
    {
        ModelGraph graph = Graph();
        GradientNode[] nodes = [new(new TreeNode(0, 1), Gradient(graph, 1)), new(new TreeNode(0, 2), Gradient(graph, 2))];
        TensorBuffer weights = graph.Layout.CreateInitialWeights(5), next = new(graph.Layout.BufferLength);
        var update = new StagedUpdate(new SimdEngine().ParameterKernels, graph.Layout, NewState(graph, "sgd"));
        Assert.Throws<ArgumentException>(() => update.Run(Inputs(nodes, weights, next, 4)));
    }

    /// <summary>Of single nodes, of sums of some, and of those that a reduction forms by itself.</summary>
    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Squared_norms_of_nodes_have_the_reference_engines_bits_and_leave_out_gaps_and_statistics(KernelPath path)
    {
        ModelGraph graph = Graph();
        int seed = 1;
        TreeNode[] cut = [new(0, 0), new(0, 1), new(1, 1), new(0, 4), new(0, 5), new(1, 3)];
        GradientNode[] nodes = [.. cut.Select(node => new GradientNode(node, Gradient(graph, seed++)))];
        ParameterTensor last = graph.Layout.Tensors[^1];
        nodes[2].Gradient.Span[last.Offset + last.Length] = float.NaN;
        foreach (GradientNode[] some in (GradientNode[][])[[nodes[0]], [nodes[2]], nodes[..3], nodes[3..], nodes])
        {
            double[] expected = Squares(new ReferenceEngine().ParameterKernels, graph, some, graph.Layout.Chunks.Length);
            Assert.Equal(expected, Squares(new SimdEngine(path).ParameterKernels, graph, some, 1));
            Assert.All(graph.Layout.Chunks, chunk => Assert.Equal(graph.Layout.Tensors[chunk.TensorIndex].Update is LearnedParameter, expected[chunk.Index] > 0));
        }

        Assert.Throws<ArgumentException>(() => Squares(new SimdEngine(path).ParameterKernels, graph, nodes[1..3], 1));
        TensorBuffer weights = graph.Layout.CreateInitialWeights(5), next = new(graph.Layout.BufferLength);
        var update = new StagedUpdate(new SimdEngine(path).ParameterKernels, graph.Layout, NewState(graph, "lamb"));
        Assert.Null(update.Run(Inputs(nodes, weights, next, 64) with { NoiseLevel = 1 }));
        ShardSquares formed = update.OwnNodeSquares;
        Assert.Equal(graph.Layout.Chunks.Select(chunk => chunk.Index), formed.Chunks);
        Assert.Equal([new TreeNode(3, 0), new TreeNode(1, 0), new TreeNode(1, 2)], formed.Nodes.Select(node => node.Node));
        GradientNode[][] madeOf = [nodes, nodes[..2], nodes[3..5]];
        for (int i = 0; i < madeOf.Length; i++)
        {
            Assert.Equal(Squares(new ReferenceEngine().ParameterKernels, graph, madeOf[i], 1), formed.Nodes[i].Sums);
        }

        Assert.Null(update.Run(Inputs(nodes, weights, next, 64)));
        Assert.Empty(update.OwnNodeSquares.Nodes);
    }

    private static double[] Squares(IParameterKernels kernels, ModelGraph graph, GradientNode[] nodes, int chunksAtATime)
    {
        double[] squares = new double[graph.Layout.Chunks.Length];
        Array.Fill(squares, double.NaN);
        for (int chunk = 0; chunk < squares.Length; chunk += chunksAtATime)
        {
            kernels.SumSquares(graph.Layout, nodes, chunk, Math.Min(chunk + chunksAtATime, squares.Length), squares);
        }

        return squares;
    }

    private static void AssertSameBits(KernelPath path, OptimizerChain optimizer, int[] cuts, int sampleCount)
    {
        // 49·353 + 353 + 353·10 + 10 parameters: the first tensor has two chunks, the last ones end inside a vector. Between them lies a running statistic.
        ModelGraph graph = Graph();
        Run expected = Train(new ReferenceEngine().ParameterKernels, graph, optimizer, cuts, sampleCount, int.MaxValue / 2);
        Run actual = Train(new SimdEngine(path).ParameterKernels, graph, optimizer, cuts, sampleCount, 1);
        Bits.AssertEqual(expected.Weights.Span, actual.Weights.Span, $"weights, cuts {string.Join(',', cuts)}");
        for (int i = 0; i < expected.State.Tensors.Length; i++)
        {
            Bits.AssertEqual(expected.State.Tensors[i].Span, actual.State.Tensors[i].Span, $"state {i}");
        }

        Assert.Equal(expected.State.Scalars.ToArray(), actual.State.Scalars.ToArray());
        Assert.Equal(expected.Norms.AsSpan(), actual.Norms.AsSpan());
    }

    private static Run Train(IParameterKernels kernels, ModelGraph graph, OptimizerChain optimizer, int[] cuts, int sampleCount, int chunksAtATime)
    {
        var state = new OptimizerState(optimizer, graph.Layout);
        var update = new StagedUpdate(kernels, graph.Layout, state);
        TensorBuffer weights = graph.Layout.CreateInitialWeights(5), next = new(graph.Layout.BufferLength);
        int[] borders = [0, .. cuts, 8];
        int chunkCount = graph.Layout.Chunks.Length;
        for (int step = 1; step <= 3; step++)
        {
            int seed = step * 100;
            GradientNode[] nodes = [.. borders.Zip(borders.Skip(1), TreeNode.Cover).SelectMany(cover => cover).Select(node => new GradientNode(node, Gradient(graph, seed++)))];
            update.Begin(Inputs(nodes, weights, next, sampleCount) with { Update = step, LearningRate = 0.1 / step, Measures = step > 1 });
            do
            {
                // From the last chunk to the first: the order must not matter.
                for (int chunk = (chunkCount - 1) / chunksAtATime * chunksAtATime; chunk >= 0; chunk -= chunksAtATime)
                {
                    update.RunChunks(chunk, Math.Min(chunk + chunksAtATime, chunkCount));
                }
            }
            while (update.EndStage());

            Assert.Null(update.FirstNonFiniteChunk);
            (weights, next) = (next, weights);
        }

        return new Run(weights, state, TensorNorms.Fold(graph.Layout, update.Measures, sampleCount));
    }

    private static UpdateInputs Inputs(GradientNode[] nodes, TensorBuffer weights, TensorBuffer next, int sampleCount) =>
        new() { Update = 1, LearningRate = 0.1, Nodes = nodes, SampleCount = sampleCount, OldWeights = weights, NewWeights = next };

    private static OptimizerState NewState(ModelGraph graph, string optimizer, OptimizerSettings? settings = null) =>
        new(OptimizerChain.Create(optimizer, settings ?? new()), graph.Layout);

    private static ModelGraph Graph()
    {
        var initializer = new XavierUniformInitializer();
        return ModelGraph.Chain(new TensorShape(49), [new DenseOperation(353, initializer), new StatisticOperation(), new DenseOperation(10, initializer)]);
    }

    private static TensorBuffer Gradient(ModelGraph graph, int seed, float scale = 10)
    {
        var random = new Random(seed);
        var result = new TensorBuffer(graph.Layout.BufferLength);
        foreach (ParameterTensor tensor in graph.Layout.Tensors)
        {
            foreach (ref float value in result.Span.Slice(tensor.Offset, tensor.Length))
            {
                value = ((random.NextSingle() * 2) - 1) * scale;
            }
        }

        return result;
    }

    private static double Norm(ParameterTensor tensor, Func<int, double> element) =>
        Math.Sqrt(Enumerable.Range(tensor.Offset, tensor.Length).Sum(i => element(i) * element(i)));

    private static void AssertClose(double expected, double actual) => Assert.InRange(actual, expected * (1 - 1e-7), expected * (1 + 1e-7));

    private static TheoryData<KernelPath, string, string> CreateCases()
    {
        var data = new TheoryData<KernelPath, string, string>();
        foreach (KernelPath path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
        {
            foreach (string optimizer in OptimizerChain.Names)
            {
                foreach (string settings in Settings.Keys)
                {
                    data.Add(path, optimizer, settings);
                }
            }
        }

        return data;
    }

    private sealed record Run(TensorBuffer Weights, OptimizerState State, ImmutableArray<TensorNorms> Norms);

    /// <summary>Has a tensor that is not learned; it is never run.</summary>
    private sealed record StatisticOperation : ElementwiseOperation
    {
        public override string Kind => "statistic";

        public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input) =>
            [new ParameterDeclaration("running", input, new ConstantInitializer(0.5f), new Fans(1, 1)) { Update = new RunningStatistic(0.25) }];
    }
}
