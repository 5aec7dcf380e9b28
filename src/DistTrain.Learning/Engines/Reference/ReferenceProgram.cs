using System.Numerics;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>Runs a graph with the reference operations. Allocates freely: it is the oracle, not the engine.</summary>
internal sealed class ReferenceProgram<T, TArithmetic>(ModelGraph graph, Loss loss, int maximumSampleCount) : IModelProgram
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public int MaximumSampleCount => maximumSampleCount;

    public void Forward(TensorBuffer weights, ReadOnlySpan<float> inputs, int sampleCount, Span<float> outputs)
    {
        var activations = RunForward(Parameters(weights.Span), Convert(inputs), sampleCount);
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = float.CreateTruncating(activations[^1][i]);
        }
    }

    public void ComputeGradient(in GradientRequest request, ReadOnlySpan<GradientNode> nodes, Span<NodeStatistics> statistics)
    {
        var parameters = Parameters(request.Weights.Span);
        var labels = request.Targets.Labels.ToArray();
        var values = Convert(request.Targets.Values);
        var partition = request.Partition;
        var firstSample = partition.Boundary(request.FirstMicroBatch);
        var leaves = Leaves(parameters, Convert(request.Inputs), labels, values, MicroBatchBorders(partition, request.FirstMicroBatch, request.EndMicroBatch, firstSample));
        for (var i = 0; i < nodes.Length; i++)
        {
            var node = nodes[i].Node;
            var own = leaves.Skip(node.First - request.FirstMicroBatch).Take(node.Count).Select((leaf, position) => (new TreeNode(0, node.First + position), leaf));
            var (_, sum) = TreeFold.Fold(own, Leaf.Add)[0];
            statistics[i] = sum.Statistics;
            Store(sum.Gradients, nodes[i].Gradient.Span);
        }
    }

    /// <summary>[samples][nodes] every node's output, one sample at a time; the weights are read once.</summary>
    internal IEnumerable<T[][]> Outputs(TensorBuffer weights, SampleSet samples, int[] sampleIds)
    {
        var parameters = Parameters(weights.Span);
        return sampleIds.Select(sample => RunForward(parameters, Convert(samples.Input(sample)), 1));
    }

    /// <summary>The mean loss over a batch as a function of the weights, for difference quotients.</summary>
    internal T MeanLoss(T[][] parameters, T[] inputs, int[] labels, T[] values, int sampleCount)
    {
        var outputs = RunForward(parameters, inputs, sampleCount)[^1];
        var width = outputs.Length / sampleCount;
        var sum = T.Zero;
        for (var sample = 0; sample < sampleCount; sample++)
        {
            sum += ReferenceLoss<T, TArithmetic>.Sample(loss, outputs.AsSpan(sample * width, width), Target(labels, values, sample, width), []);
        }

        return sum / T.CreateChecked(sampleCount);
    }

    /// <summary>One micro-batch of all samples: the gradient of the loss sum by every parameter.</summary>
    internal T[][] GradientSum(T[][] parameters, T[] inputs, int[] labels, T[] values, int sampleCount) =>
        Leaves(parameters, inputs, labels, values, [0, sampleCount])[0].Gradients;

    /// <param name="borders">[micro-batches + 1] first sample of each micro-batch within the range, then the sample count.</param>
    private Leaf[] Leaves(T[][] parameters, T[] inputs, int[] labels, T[] values, int[] borders)
    {
        var sampleCount = borders[^1];
        var activations = RunForward(parameters, inputs, sampleCount);
        var (outputGradient, losses, correct) = RunLoss(activations[^1], labels, values, sampleCount);
        var gradients = RunBackward(parameters, activations, outputGradient, sampleCount);
        var leaves = new Leaf[borders.Length - 1];
        for (var i = 0; i < leaves.Length; i++)
        {
            var lossSum = 0.0;
            var correctCount = 0L;
            for (var sample = borders[i]; sample < borders[i + 1]; sample++)
            {
                lossSum += double.CreateTruncating(losses[sample]);
                correctCount += correct[sample] ? 1 : 0;
            }

            var (first, end) = (borders[i], borders[i + 1]);
            var sums = graph.Nodes.Skip(1).SelectMany(node =>
                ReferenceOperations<T, TArithmetic>.ParameterGradients(node.Operation, activations[node.Inputs[0]], gradients[node.Index], sampleCount, first, end));
            leaves[i] = new Leaf([.. sums], new NodeStatistics(lossSum, correctCount, end - first));
        }

        return leaves;
    }

    private T[][] RunForward(T[][] parameters, T[] inputs, int sampleCount)
    {
        var activations = new T[graph.Nodes.Length][];
        activations[0] = inputs;
        foreach (var node in graph.Nodes.Skip(1))
        {
            activations[node.Index] = ReferenceOperations<T, TArithmetic>.Forward(node.Operation, activations[node.Inputs[0]], sampleCount, ParametersOf(node, parameters));
        }

        return activations;
    }

    private (T[] Gradient, T[] Losses, bool[] Correct) RunLoss(T[] outputs, int[] labels, T[] values, int sampleCount)
    {
        var width = outputs.Length / sampleCount;
        var gradient = new T[outputs.Length];
        var losses = new T[sampleCount];
        var correct = new bool[sampleCount];
        for (var sample = 0; sample < sampleCount; sample++)
        {
            var row = outputs.AsSpan(sample * width, width);
            var target = Target(labels, values, sample, width);
            losses[sample] = ReferenceLoss<T, TArithmetic>.Sample(loss, row, target, gradient.AsSpan(sample * width, width));
            correct[sample] = ReferenceLoss<T, TArithmetic>.IsCorrect(row, target);
        }

        return (gradient, losses, correct);
    }

    /// <returns>[nodes] the gradient by each node's output.</returns>
    private T[][] RunBackward(T[][] parameters, T[][] activations, T[] outputGradient, int sampleCount)
    {
        var gradients = new T[graph.Nodes.Length][];
        gradients[^1] = outputGradient;
        for (var index = graph.Nodes.Length - 1; index >= 1; index--)
        {
            var node = graph.Nodes[index];
            if (node.Inputs[0] != 0)
            {
                gradients[node.Inputs[0]] = ReferenceOperations<T, TArithmetic>.InputGradient(
                    node.Operation, activations[index], gradients[index], sampleCount, ParametersOf(node, parameters));
            }
        }

        return gradients;
    }

    private T[][] Parameters(ReadOnlySpan<float> flat)
    {
        var result = new T[graph.Layout.Tensors.Length][];
        foreach (var tensor in graph.Layout.Tensors)
        {
            result[tensor.Index] = Convert(flat.Slice(tensor.Offset, tensor.Length));
        }

        return result;
    }

    private void Store(T[][] gradients, Span<float> flat)
    {
        foreach (var tensor in graph.Layout.Tensors)
        {
            for (var i = 0; i < tensor.Length; i++)
            {
                flat[tensor.Offset + i] = float.CreateTruncating(gradients[tensor.Index][i]);
            }
        }
    }

    private static int[] MicroBatchBorders(MiniBatchPartition partition, int first, int end, int firstSample) =>
        [.. Enumerable.Range(first, end - first + 1).Select(microBatch => partition.Boundary(microBatch) - firstSample)];

    private static T[][] ParametersOf(GraphNode node, T[][] parameters) => [.. node.Parameters.Select(index => parameters[index])];

    private static SampleTarget<T> Target(int[] labels, T[] values, int sample, int width) =>
        labels.Length > 0 ? new SampleTarget<T>(labels[sample], []) : new SampleTarget<T>(-1, values.AsSpan(sample * width, width));

    private static T[] Convert(ReadOnlySpan<float> values)
    {
        var result = new T[values.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = T.CreateTruncating(values[i]);
        }

        return result;
    }

    private sealed record Leaf(T[][] Gradients, NodeStatistics Statistics)
    {
        public static Leaf Add(Leaf left, Leaf right) => new(
            [.. left.Gradients.Zip(right.Gradients, (a, b) => a.Zip(b, (x, y) => x + y).ToArray())],
            NodeStatistics.Add(left.Statistics, right.Statistics));
    }
}
