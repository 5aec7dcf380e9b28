using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Tests.Gemm;

public sealed unsafe class WeightGradientTests
{
    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Every_range_of_micro_batches_gives_the_naive_trees_nodes(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        var workspace = new GemmWorkspace(128);
        foreach (int microBatches in (int[])[1, 2, 4, 8, 16])
        {
            // A size that does not divide evenly gives leaves of different lengths.
            MiniBatchPartition partition = MiniBatchPartition.Create((microBatches * 3) + (microBatches / 2) + 1, microBatches);
            Assert.Equal(microBatches, partition.MicroBatchCount);
            for (int first = 0; first < microBatches; first++)
            {
                for (int end = first + 1; end <= microBatches; end++)
                {
                    Check(kernels, workspace, partition, first, end, 5, 18);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Every_tail_of_rows_and_columns(KernelPath path)
    {
        KernelSet kernels = KernelSet.For(path);
        var workspace = new GemmWorkspace(128);
        MiniBatchPartition partition = MiniBatchPartition.Create(27, 8);
        foreach (int inputs in (int[])[.. Enumerable.Range(1, 30), 43])
        {
            foreach (int outputs in (int[])[1, 3, 4, 5, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, 32, 33, 49, 65])
            {
                Check(kernels, workspace, partition, 1, 7, inputs, outputs);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void More_panels_than_are_packed_together(KernelPath path) =>
        Check(KernelSet.For(path), new GemmWorkspace(700), MiniBatchPartition.Create(700, 4), 0, 3, 15, 170);

    private static void Check(KernelSet kernels, GemmWorkspace workspace, MiniBatchPartition partition, int first, int end, int inputs, int outputs)
    {
        int origin = partition.Boundary(first);
        int samples = partition.Boundary(end) - origin;
        GuardedBuffer x = GuardedBuffer.Random(samples * inputs, 1, 1), dy = GuardedBuffer.Random(samples * outputs, 2, 3);
        IReadOnlyList<TreeNode> cover = TreeNode.Cover(first, end);
        GuardedBuffer[] gradients = [.. cover.Select(_ => new GuardedBuffer((inputs + 1) * outputs, 5))];
        int* leafSamples = stackalloc int[end - first];
        for (int leaf = first; leaf < end; leaf++)
        {
            leafSamples[leaf - first] = partition.SamplesOf(new TreeNode(0, leaf));
        }

        NodeTarget* nodes = stackalloc NodeTarget[cover.Count];
        for (int i = 0; i < cover.Count; i++)
        {
            nodes[i] = new NodeTarget
            {
                FirstLeaf = cover[i].First - first, LeafCount = cover[i].Count, FirstSample = partition.Boundary(cover[i].First) - origin, Gradient = gradients[i].Pointer,
            };
        }

        kernels.AccumulateWeightGradient(
            new WeightGradient
            {
                Inputs = inputs, Outputs = outputs, X = x.Pointer, XStride = inputs, Dy = dy.Pointer, DyStride = outputs, LeafSamples = leafSamples,
                Nodes = nodes, NodeCount = cover.Count, SampleCount = samples, WeightOffset = 0, BiasOffset = inputs * outputs,
            },
            workspace);
        for (int i = 0; i < cover.Count; i++)
        {
            float[] expected = Naive(cover[i], partition, origin, x.Span, dy.Span, inputs, outputs);
            Bits.AssertEqual(expected, gradients[i].Span, $"M={partition.MicroBatchCount} [{first},{end}) node {cover[i]} {inputs}x{outputs}");
            gradients[i].AssertGuardsAreIntact();
        }
    }

    /// <summary>The definition: a leaf is summed in sample order, an inner node is its left child plus its right child.</summary>
    private static float[] Naive(TreeNode node, MiniBatchPartition partition, int origin, Span<float> x, Span<float> dy, int inputs, int outputs)
    {
        var result = new float[(inputs + 1) * outputs];
        if (node.Level > 0)
        {
            float[] left = Naive(new TreeNode(node.Level - 1, node.Index * 2), partition, origin, x, dy, inputs, outputs);
            float[] right = Naive(new TreeNode(node.Level - 1, (node.Index * 2) + 1), partition, origin, x, dy, inputs, outputs);
            return [.. left.Zip(right, (l, r) => l + r)];
        }

        for (int sample = partition.Boundary(node.First) - origin; sample < partition.Boundary(node.End) - origin; sample++)
        {
            for (int output = 0; output < outputs; output++)
            {
                float gradient = dy[(sample * outputs) + output];
                for (int input = 0; input < inputs; input++)
                {
                    ref float sum = ref result[(input * outputs) + output];
                    sum = MathF.FusedMultiplyAdd(x[(sample * inputs) + input], gradient, sum);
                }

                result[(inputs * outputs) + output] += gradient;
            }
        }

        return result;
    }
}
