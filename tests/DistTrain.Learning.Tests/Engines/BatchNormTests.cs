using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Tests.Engines;

public class BatchNormTests
{
    /// <summary>[samples, channels].</summary>
    private static readonly double[] Samples = [1, -2, 3, 5, 4, 5, -6, 0.5, 2, 2, 0, 1];

    [Fact]
    public void Each_micro_batch_is_normalised_by_its_own_mean_and_variance()
    {
        var y = new ReferenceBatchNorm<double, DoubleArithmetic>(1e-5).Forward(Node([0, 2, 6]));
        Assert.Equal((0, 0), (y[0] + y[2], y[1] + y[3]));
        Assert.Equal(-1 / Math.Sqrt(1 + 1e-5), y[0], 1e-12);
        Assert.Equal(0, y[4] + y[6] + y[8] + y[10], 1e-12);
        Assert.Equal(4, (y[4] * y[4]) + (y[6] * y[6]) + (y[8] * y[8]) + (y[10] * y[10]), 1e-4);
    }

    [Fact]
    public void A_micro_batch_of_one_value_gives_the_bias_and_passes_no_gradient()
    {
        var (operation, node) = (new ReferenceBatchNorm<double, DoubleArithmetic>(1e-5), Node([0, 1, 6]));
        node.Parameters[1][0] = 0.75;
        Assert.Equal([0.75, 0.0], operation.Forward(node)[..2]);
        Assert.Equal([0.0, 0.0], operation.InputGradients(node, [.. Samples.Select(x => x + 1)])[0][..2]);
        var collected = operation.ParameterGradients(node, Samples, 0, 1);
        Assert.Equal([1.0, -2.0], collected[2]);
        Assert.Equal([0.0, 0.0], collected[3]);
    }

    [Fact]
    public void Evaluation_uses_the_running_statistics()
    {
        var node = Node([0, 6]) with { Pass = ReferencePass.Evaluating(6) };
        (node.Parameters[2][0], node.Parameters[3][0]) = (0.5, 4);
        Assert.Equal((1 - 0.5) / Math.Sqrt(4 + 1e-5), new ReferenceBatchNorm<double, DoubleArithmetic>(1e-5).Forward(node)[0], 1e-12);
    }

    [Fact]
    public void The_root_divided_by_n_is_the_mean_of_the_micro_batches_statistics_weighted_by_size()
    {
        var graph = ModelGraph.Chain(new TensorShape(2), [new BatchNormOperation(), new DenseOperation(2, new XavierUniformInitializer())]);
        var partition = MiniBatchPartition.Create(6, 4);
        Assert.Equal([0, 1, 3, 4, 6], Enumerable.Range(0, 5).Select(partition.Boundary));
        var root = new GradientNode(partition.Root, new TensorBuffer(graph.Layout.BufferLength));
        float[] inputs = [.. Samples.Select(x => (float)x)];
        new ReferenceEngine().CreateProgram(graph, new SoftmaxCrossEntropyLoss(), 6).ComputeGradient(
            new GradientRequest
            {
                Weights = graph.Layout.CreateInitialWeights(1), Partition = partition, FirstMicroBatch = 0, EndMicroBatch = 4, Inputs = inputs,
                Targets = new TargetBatch([0, 1, 0, 1, 0, 1]), SampleIds = [0, 1, 2, 3, 4, 5], Seed = 1, Step = 1,
            },
            [root],
            new NodeStatistics[1]);
        float Collected(string tensor, int channel) => root.Gradient.Span[graph.Layout.Tensors.Single(one => one.Name == tensor).Offset + channel] / 6;
        Assert.Equal((1f + 3 + 4 - 6 + 2 + 0) / 6, Collected("batch-norm1.running-mean", 0), 1e-6f);
        Assert.Equal((-2f + 5 + 5 + 0.5f + 2 + 1) / 6, Collected("batch-norm1.running-mean", 1), 1e-6f);
        // Micro-batches of one sample collect 0; those of two the unbiased variance, half the square of the difference.
        Assert.Equal(((2 * 0.5f) + (2 * 2f)) / 6, Collected("batch-norm1.running-variance", 0), 1e-6f);
        Assert.Equal(((2 * 0f) + (2 * 0.5f)) / 6, Collected("batch-norm1.running-variance", 1), 1e-6f);
    }

    private static ReferenceNode<double> Node(int[] borders)
    {
        var graph = ModelGraph.Chain(new TensorShape(2), [new BatchNormOperation()]);
        double[][] parameters = [[1, 1], [0, 0], [0, 0], [1, 1]];
        return new ReferenceNode<double>(graph.Nodes[1], [new TensorShape(2)], [Samples], parameters, new ReferencePass(borders, IsTraining: true, [0, 1, 2, 3, 4, 5], 1, 1));
    }
}
