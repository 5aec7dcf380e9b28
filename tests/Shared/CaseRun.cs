using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;
using DistTrain.Learning.Reduction;

namespace DistTrain.Tests.Shared;

/// <summary>A case's mini-batch of random samples and weights, to be computed by different engines.</summary>
public sealed class CaseRun
{
    private readonly OperationCase ranCase;
    private readonly ModelGraph graph;
    private readonly MiniBatchPartition partition;
    private readonly TensorBuffer weights;
    private readonly float[] inputs;
    private readonly int[] labels;
    private readonly float[] values;
    private readonly int[] sampleIds;

    public CaseRun(OperationCase ranCase, int samples, int? microBatches)
        : this(ranCase, ranCase?.Graph()!, samples, microBatches)
    {
    }

    /// <param name="graph">Instead of the case's own; of the same input and output shapes.</param>
    public CaseRun(OperationCase ranCase, ModelGraph graph, int samples, int? microBatches)
    {
        ArgumentNullException.ThrowIfNull(ranCase);
        ArgumentNullException.ThrowIfNull(graph);
        this.ranCase = ranCase;
        this.graph = graph;
        partition = MiniBatchPartition.Create(samples, microBatches);
        weights = graph.Layout.CreateInitialWeights(7);
        var random = new CounterBasedRandom((ulong)samples, 5);
        foreach (var tensor in graph.Layout.Tensors.Where(tensor => tensor.Initializer is ConstantInitializer))
        {
            // What starts at 0 or 1 moves a little, so that it matters; a running variance of 1 stays positive.
            foreach (ref var value in weights.Span.Slice(tensor.Offset, tensor.Length))
            {
                value += (float)((random.UniformDouble() - 0.5) / 2);
            }
        }

        inputs = [.. Enumerable.Range(0, samples * graph.InputShape.ElementCount).Select(_ => Input(ref random))];
        labels = ranCase.HasValueTargets ? [] : [.. Enumerable.Range(0, samples * ranCase.LabelsPerSample).Select(_ => (int)(random.UniformDouble() * ranCase.ClassCount))];
        values = [.. Enumerable.Range(0, ranCase.HasValueTargets ? samples * graph.OutputShape.ElementCount : 0).Select(_ => (float)random.UniformDouble())];
        sampleIds = [.. Enumerable.Range(0, samples).Select(sample => sample * 3)];
    }

    public ModelGraph Graph => graph;

    public int MicroBatchCount => partition.MicroBatchCount;

    public Span<float> Inputs => inputs;

    public TensorBuffer Weights => weights;

    /// <summary>[nodes of the cover up to a level][flat] gradients, and the nodes' statistics, of the micro-batches [first, end).</summary>
    public (float[][] Gradients, NodeStatistics[] Statistics) Gradient(IEngine engine, int first, int end, int highestLevel = TreeNode.HighestLevel)
    {
        ArgumentNullException.ThrowIfNull(engine);
        GradientNode[] nodes = [.. TreeNode.Cover(first, end, highestLevel).Select(node => new GradientNode(node, new TensorBuffer(graph.Layout.BufferLength)))];
        var statistics = new NodeStatistics[nodes.Length];
        engine.CreateProgram(graph, ranCase.Loss, partition.SampleCount).ComputeGradient(Request(first, end), nodes, statistics);
        return ([.. nodes.Select(node => node.Gradient.Span.ToArray())], statistics);
    }

    /// <summary>
    /// As <see cref="Gradient"/>, watched: <paramref name="isFinal"/> is told of each tensor that is final, and gets the nodes as they are then. Every tensor's weights are garbage until they are waited for.
    /// </summary>
    public (float[][] Gradients, NodeStatistics[] Statistics) WatchedGradient(IEngine engine, int first, int end, Action<int> waitedFor, Action<int, IReadOnlyList<GradientNode>> isFinal)
    {
        ArgumentNullException.ThrowIfNull(engine);
        GradientNode[] nodes = [.. TreeNode.Cover(first, end).Select(node => new GradientNode(node, new TensorBuffer(graph.Layout.BufferLength)))];
        var statistics = new NodeStatistics[nodes.Length];
        var late = new TensorBuffer(graph.Layout.BufferLength);
        late.Span.Fill(float.NaN);
        var request = Request(first, end) with
        {
            Weights = late,
            WaitForTensor = index =>
            {
                waitedFor(index);
                var tensor = graph.Layout.Tensors[index];
                weights.Span.Slice(tensor.Offset, tensor.Length).CopyTo(late.Span[tensor.Offset..]);
            },
            TensorIsFinal = index => isFinal(index, nodes),
        };
        engine.CreateProgram(graph, ranCase.Loss, partition.SampleCount).ComputeGradient(request, nodes, statistics);
        return ([.. nodes.Select(node => node.Gradient.Span.ToArray())], statistics);
    }

    /// <summary>[samples × output width] in evaluation.</summary>
    public float[] Outputs(IEngine engine, int firstSample, int samples)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var width = graph.InputShape.ElementCount;
        var outputs = new float[samples * graph.OutputShape.ElementCount];
        engine.CreateProgram(graph, ranCase.Loss, samples).Forward(weights, inputs.AsSpan(firstSample * width, samples * width), samples, outputs);
        return outputs;
    }

    /// <summary>What five gradients in the steady state allocate on this thread: the least of several windows, as the runtime allocates now and then when it compiles a method anew.</summary>
    public long AllocatedBytes(IEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var program = engine.CreateProgram(graph, ranCase.Loss, partition.SampleCount);
        GradientNode[] nodes = [.. TreeNode.Cover(0, MicroBatchCount).Select(node => new GradientNode(node, new TensorBuffer(graph.Layout.BufferLength)))];
        var statistics = new NodeStatistics[nodes.Length];
        var least = long.MaxValue;
        for (var window = 0; window < 6; window++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var step = 0; step < 5; step++)
            {
                program.ComputeGradient(Request(0, MicroBatchCount), nodes, statistics);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private GradientRequest Request(int first, int end)
    {
        var firstSample = partition.Boundary(first);
        var samples = partition.Boundary(end) - firstSample;
        var (inputWidth, labelsOfSample, valuesOfSample) = (graph.InputShape.ElementCount, labels.Length / sampleIds.Length, values.Length / sampleIds.Length);
        return new GradientRequest
        {
            Weights = weights,
            Partition = partition,
            FirstMicroBatch = first,
            EndMicroBatch = end,
            Inputs = inputs.AsSpan(firstSample * inputWidth, samples * inputWidth),
            Targets = ranCase.HasValueTargets
                ? new TargetBatch(values.AsSpan(firstSample * valuesOfSample, samples * valuesOfSample))
                : new TargetBatch(labels.AsSpan(firstSample * labelsOfSample, samples * labelsOfSample)),
            SampleIds = sampleIds.AsSpan(firstSample, samples),
            Seed = 3,
            Step = 1,
        };
    }

    private float Input(ref CounterBasedRandom random) =>
        ranCase.Vocabulary > 0 ? (int)(random.UniformDouble() * ranCase.Vocabulary) : (float)((random.UniformDouble() * 2) - 1);
}
