using System.Numerics;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>The targets of all samples of a call: exactly one of the two is filled.</summary>
internal sealed record ReferenceTargets<T>(int[] Labels, T[] Values)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public SampleTarget<T> Of(int sample, int sampleCount)
    {
        var (labels, values) = (Labels.Length / sampleCount, Values.Length / sampleCount);
        return new SampleTarget<T>(Labels.AsSpan(sample * labels, labels), Values.AsSpan(sample * values, values));
    }
}

/// <summary>Runs a graph with the reference operations. Allocates freely: it is the oracle, not the engine.</summary>
internal sealed class ReferenceProgram<T, TArithmetic>(ModelGraph graph, Loss loss, int maximumSampleCount) : IModelProgram
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    private readonly ReferenceOperation<T, TArithmetic>[] operations = [.. graph.Nodes.Skip(1).Select(node => ReferenceOperations<T, TArithmetic>.Of(node.Operation))];
    private ReferenceNode<T>[] last = [];

    public int MaximumSampleCount => maximumSampleCount;

    public void Forward(TensorBuffer weights, ReadOnlySpan<float> inputs, int sampleCount, Span<float> outputs)
    {
        var parameters = Parameters(weights.Span);
        last = RunForward(node => ParametersOf(node, parameters), Convert(inputs), ReferencePass.Evaluating(sampleCount));
        Activations(graph.Nodes.Length - 1).CopyTo(outputs);
    }

    public ReadOnlySpan<float> Activations(int node) => Array.ConvertAll(last[node].Output, float.CreateTruncating);

    public void ComputeGradient(in GradientRequest request, ReadOnlySpan<GradientNode> nodes, Span<NodeStatistics> statistics)
    {
        var partition = request.Partition;
        var firstSample = partition.Boundary(request.FirstMicroBatch);
        var borders = MicroBatchBorders(partition, request.FirstMicroBatch, request.EndMicroBatch, firstSample);
        var pass = new ReferencePass(borders, IsTraining: true, request.SampleIds.ToArray(), request.Seed, request.Step);
        var targets = new ReferenceTargets<T>(request.Targets.Labels.ToArray(), Convert(request.Targets.Values));
        var leaves = Leaves(WaitingParameters(request.Weights, request.WaitForTensor), Convert(request.Inputs), targets, pass);
        for (var i = 0; i < nodes.Length; i++)
        {
            var node = nodes[i].Node;
            var own = leaves.Skip(node.First - request.FirstMicroBatch).Take(node.Count).Select((leaf, position) => (new TreeNode(0, node.First + position), leaf));
            var (_, sum) = TreeFold.Fold(own, Leaf.Add)[0];
            statistics[i] = sum.Statistics;
            Store(sum.Gradients, nodes[i].Gradient.Span);
        }

        for (var tensor = graph.Layout.Tensors.Length - 1; tensor >= 0; tensor--)
        {
            request.TensorIsFinal?.Invoke(tensor);
        }
    }

    /// <summary>The sum of the samples' losses as a function of the weights, for difference quotients.</summary>
    internal T LossSum(T[][] parameters, T[] inputs, ReferenceTargets<T> targets, ReferencePass pass)
    {
        var outputs = RunForward(node => ParametersOf(node, parameters), inputs, pass)[^1].Output;
        return RunLoss(outputs, targets, pass.SampleCount).Losses.Aggregate(T.Zero, (sum, next) => sum + next);
    }

    /// <summary>The gradient of <see cref="LossSum"/> by every parameter, all micro-batches added up.</summary>
    internal T[][] GradientSum(T[][] parameters, T[] inputs, ReferenceTargets<T> targets, ReferencePass pass) =>
        Leaves(node => ParametersOf(node, parameters), inputs, targets, pass).Aggregate(Leaf.Add).Gradients;

    private Leaf[] Leaves(Func<GraphNode, T[][]> parameters, T[] inputs, ReferenceTargets<T> targets, ReferencePass pass)
    {
        var nodes = RunForward(parameters, inputs, pass);
        var (outputGradient, losses, correct) = RunLoss(nodes[^1].Output, targets, pass.SampleCount);
        var gradients = RunBackward(nodes, outputGradient);
        var leaves = new Leaf[pass.Borders.Length - 1];
        for (var i = 0; i < leaves.Length; i++)
        {
            var (first, end) = (pass.Borders[i], pass.Borders[i + 1]);
            var lossSum = 0.0;
            var correctCount = 0L;
            for (var sample = first; sample < end; sample++)
            {
                lossSum += double.CreateTruncating(losses[sample]);
                correctCount += correct[sample];
            }

            var sums = nodes.Skip(1).Where(node => node.Parameters.Length > 0).SelectMany(node => operations[node.Node.Index - 1].ParameterGradients(node, gradients[node.Node.Index]!, first, end));
            leaves[i] = new Leaf([.. sums], new NodeStatistics(lossSum, correctCount, end - first));
        }

        return leaves;
    }

    /// <param name="parameters">Gives a node's own, when it is their turn.</param>
    private ReferenceNode<T>[] RunForward(Func<GraphNode, T[][]> parameters, T[] inputs, ReferencePass pass)
    {
        var nodes = new ReferenceNode<T>[graph.Nodes.Length];
        nodes[0] = new ReferenceNode<T>(graph.Nodes[0], [], [], [], pass) { Output = inputs };
        foreach (var node in graph.Nodes.Skip(1))
        {
            var own = new ReferenceNode<T>(
                node, [.. node.Inputs.Select(input => graph.Nodes[input].OutputShape)], [.. node.Inputs.Select(input => nodes[input].Output)], parameters(node), pass);
            own.Output = operations[node.Index - 1].Forward(own);
            nodes[node.Index] = own;
        }

        return nodes;
    }

    private (T[] Gradient, T[] Losses, int[] Correct) RunLoss(T[] outputs, ReferenceTargets<T> targets, int sampleCount)
    {
        var width = outputs.Length / sampleCount;
        var gradient = new T[outputs.Length];
        var losses = new T[sampleCount];
        var correct = new int[sampleCount];
        for (var sample = 0; sample < sampleCount; sample++)
        {
            var row = outputs.AsSpan(sample * width, width);
            var target = targets.Of(sample, sampleCount);
            losses[sample] = ReferenceLoss<T, TArithmetic>.Sample(loss, row, target, gradient.AsSpan(sample * width, width));
            correct[sample] = ReferenceLoss<T, TArithmetic>.CorrectCount(loss, row, target);
        }

        return (gradient, losses, correct);
    }

    /// <returns>[nodes] the gradient by each node's output; null where it is of no use.</returns>
    private T[]?[] RunBackward(ReferenceNode<T>[] nodes, T[] outputGradient)
    {
        var gradients = new T[]?[nodes.Length];
        gradients[^1] = outputGradient;
        for (var index = nodes.Length - 1; index >= 1; index--)
        {
            var node = graph.Nodes[index];
            if (!node.Inputs.Any(input => graph.NeedsGradient[input]))
            {
                continue;
            }

            var contributions = operations[index - 1].InputGradients(nodes[index], gradients[index]!);
            for (var i = 0; i < node.Inputs.Length; i++)
            {
                var sum = gradients[node.Inputs[i]];
                gradients[node.Inputs[i]] = sum is null ? contributions[i] : [.. sum.Zip(contributions[i], (a, b) => a + b)];
            }
        }

        return gradients;
    }

    private Func<GraphNode, T[][]> WaitingParameters(TensorBuffer weights, Action<int>? wait) => node =>
    {
        foreach (var tensor in node.Parameters)
        {
            wait?.Invoke(tensor);
        }

        return [.. node.Parameters.Select(index => graph.Layout.Tensors[index]).Select(tensor => Convert(weights.Span.Slice(tensor.Offset, tensor.Length)))];
    };

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
