using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Tests;

public sealed class SimdEngineTests
{
    public static TheoryData<KernelPath, string, string> Models { get; } = CreateModels();

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_and_statistics_have_the_reference_engines_bits(KernelPath path, string model, string loss)
    {
        foreach ((int samples, int? microBatches) in ((int, int?)[])[(1, null), (2, 2), (5, 4), (33, null), (39, 8), (64, 16)])
        {
            var scene = new Scene(model, loss, samples, microBatches);
            int count = scene.Partition.MicroBatchCount;
            foreach ((int first, int end) in new[] { (0, count), (0, (count + 1) / 2), (count / 2, count), (count / 4, count - (count / 8)) })
            {
                if (first < end)
                {
                    (GradientNode[] expected, NodeStatistics[] expectedStatistics) = scene.Compute(new ReferenceEngine(), first, end);
                    (GradientNode[] actual, NodeStatistics[] actualStatistics) = scene.Compute(new SimdEngine(path), first, end);
                    Assert.Equal(expectedStatistics, actualStatistics);
                    for (int i = 0; i < expected.Length; i++)
                    {
                        Bits.AssertEqual(expected[i].Gradient.Span, actual[i].Gradient.Span, $"{model} n={samples} [{first},{end}) node {expected[i].Node}");
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Outputs_have_the_reference_engines_bits_alone_and_in_company(KernelPath path, string model, string loss)
    {
        var scene = new Scene(model, loss, 37, null);
        float[] expected = scene.Forward(new ReferenceEngine(), 0, 37);
        Bits.AssertEqual(expected, scene.Forward(new SimdEngine(path), 0, 37), model);
        int width = expected.Length / 37;
        for (int sample = 0; sample < 37; sample += 5)
        {
            Bits.AssertEqual(expected.AsSpan(sample * width, width), scene.Forward(new SimdEngine(path), sample, 1), $"{model} sample {sample}");
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Any_split_of_the_mini_batch_folds_to_the_bits_of_one_call(KernelPath path)
    {
        var scene = new Scene("mlp:33,17", "cross-entropy", 131, 8);
        var engine = new SimdEngine(path);
        (GradientNode[] whole, NodeStatistics[] statistics) = scene.Compute(engine, 0, 8);
        // Every set of cuts between the eight micro-batches.
        for (int cuts = 0; cuts < 1 << 7; cuts++)
        {
            var parts = new List<(TreeNode, (float[] Gradient, NodeStatistics Statistics))>();
            int first = 0;
            for (int end = 1; end <= 8; end++)
            {
                if (end == 8 || ((cuts >> (end - 1)) & 1) != 0)
                {
                    (GradientNode[] nodes, NodeStatistics[] sums) = scene.Compute(engine, first, end);
                    parts.AddRange(nodes.Select((node, i) => (node.Node, (node.Gradient.Span.ToArray(), sums[i]))));
                    first = end;
                }
            }

            var folded = TreeFold.Fold(parts, (l, r) => (l.Gradient.Zip(r.Gradient, (a, b) => a + b).ToArray(), NodeStatistics.Add(l.Statistics, r.Statistics)));
            Assert.Single(folded);
            Bits.AssertEqual(whole[0].Gradient.Span, folded[0].Value.Gradient, $"cuts {cuts:B7}");
            Assert.Equal(statistics[0], folded[0].Value.Statistics);
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Wide_layers_and_a_padded_left_matrix_have_the_reference_engines_bits(KernelPath path)
    {
        // 1,024 wide: the left matrix is packed; more than 1,024 inputs: the summation goes through memory.
        var scene = new Scene("mlp:1024,31", "cross-entropy", 9, 2, inputWidth: 1100);
        (GradientNode[] expected, NodeStatistics[] statistics) = scene.Compute(new ReferenceEngine(), 0, 2);
        (GradientNode[] actual, NodeStatistics[] actualStatistics) = scene.Compute(new SimdEngine(path), 0, 2);
        Assert.Equal(statistics, actualStatistics);
        Bits.AssertEqual(expected[0].Gradient.Span, actual[0].Gradient.Span, "wide");
    }

    [Fact]
    public void A_nan_among_the_inputs_reaches_the_loss_on_every_path()
    {
        foreach (KernelPath path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
        {
            var scene = new Scene("mlp:8", "cross-entropy", 6, 2);
            scene.Inputs[3] = float.NaN;
            (GradientNode[] expected, NodeStatistics[] _) = scene.Compute(new ReferenceEngine(), 0, 2);
            (GradientNode[] actual, NodeStatistics[] statistics) = scene.Compute(new SimdEngine(path), 0, 2);
            Assert.True(double.IsNaN(statistics[0].LossSum));
            Bits.AssertEqual(expected[0].Gradient.Span, actual[0].Gradient.Span, $"{path}");
        }
    }

    /// <summary>The hash makes runs of this test on different machines, or with instruction sets switched off, comparable with one another.</summary>
    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void The_bits_of_a_gradient_are_pinned(KernelPath path)
    {
        var scene = new Scene("mlp-tanh:33,17", "cross-entropy", 131, 8);
        (GradientNode[] nodes, NodeStatistics[] statistics) = scene.Compute(new SimdEngine(path), 0, 8);
        string hash = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(nodes[0].Gradient.Span)));
        Assert.Equal(("4B1694650C70CCCF", 311.32803738117218), (hash[..16], statistics[0].LossSum));
    }

    [Fact]
    public void Labels_outside_the_classes_are_refused()
    {
        var scene = new Scene("logistic", "cross-entropy", 4, 2);
        scene.Labels[2] = 10;
        Assert.Throws<InvalidInputException>(() => scene.Compute(new SimdEngine(), 0, 2));
        scene.Labels[2] = -1;
        Assert.Throws<InvalidInputException>(() => scene.Compute(new SimdEngine(), 0, 2));
    }

    [Fact]
    public void Nodes_that_do_not_cover_the_range_are_refused()
    {
        var scene = new Scene("logistic", "cross-entropy", 8, 4);
        var engine = new SimdEngine();
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.Compute(engine, 0, 4, TreeNode.Cover(0, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.Compute(engine, 1, 4, TreeNode.Cover(0, 4)));
    }

    [Fact]
    public void The_engine_names_its_path_and_shares_the_references_arithmetic()
    {
        Assert.Equal(new ReferenceEngine().ArithmeticId, new SimdEngine().ArithmeticId);
        Assert.Equal("portable", new SimdEngine(KernelPath.Portable).KernelPath);
        Assert.Equal(KernelPaths.Best.ToString(), new SimdEngine().KernelPath, ignoreCase: true);
    }

    private static TheoryData<KernelPath, string, string> CreateModels()
    {
        var data = new TheoryData<KernelPath, string, string>();
        foreach (KernelPath path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
        {
            foreach (string model in new[] { "logistic", "mlp:7", "mlp:33,18", "mlp-tanh:20,5", "relu-first", "relu-tanh", "tanh-relu-relu", "dense-dense", "residual" })
            {
                data.Add(path, model, "cross-entropy");
                data.Add(path, model, "mse");
            }

            data.Add(path, "mlp:19", "mse-values");
        }

        return data;
    }
}
