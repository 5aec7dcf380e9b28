using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Losses;
using DistTrain.Engines.Simd.Operations;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd;

/// <summary>A graph with its memory planned. Calls allocate nothing. Not safe for use from several threads at a time.</summary>
internal sealed unsafe class SimdProgram : IModelProgram
{
    /// <summary>The most nodes that cover a range: two of each level.</summary>
    public const int MostNodes = 64;

    private readonly KernelSet kernels;
    private readonly ModelGraph graph;
    private readonly Loss loss;
    private readonly LossSettings lossSettings;
    private readonly bool keepsActivations;
    private readonly ProgramMemory memory;
    private readonly PlannedOperation[] operations;
    private readonly PlannedBuffer losses;
    private readonly PlannedBuffer rowScratch;
    private readonly PlannedBuffer unreadGradient;
    private int[] correct = [];
    private int[] leafSamples = [];
    private NodeTarget[] nodeTargets = [];
    private readonly NodeStatistics[] statisticsStack = new NodeStatistics[32];
    private int forwardSamples;

    public SimdProgram(KernelSet kernels, ModelGraph graph, Loss loss, int maximumSampleCount, bool keepsActivations)
    {
        LossTable.Check(loss);
        this.kernels = kernels;
        this.graph = graph;
        this.loss = loss;
        lossSettings = loss.Settings;
        this.keepsActivations = keepsActivations;
        MaximumSampleCount = maximumSampleCount;
        memory = new ProgramMemory(graph, maximumSampleCount, keepsActivations);
        operations = OperationTable.Plan(kernels, memory, graph);
        losses = memory.ReserveBuffer(maximumSampleCount);
        rowScratch = memory.ReserveBuffer(3L * LaneSums.Padded(OutputWidth));
        // A graph in which nothing learns still has a loss, whose gradient nobody reads.
        unreadGradient = memory.ReserveBuffer(memory.HasGradient(OutputNode) ? 0 : (long)maximumSampleCount * OutputWidth);
    }

    public int MaximumSampleCount { get; }

    /// <summary>The memory that <see cref="Allocate"/> takes, in bytes.</summary>
    public long Bytes => memory.Bytes + (2 * sizeof(int) * (long)MaximumSampleCount) + (MostNodes * sizeof(NodeTarget));

    /// <summary>Makes a planned program ready to run.</summary>
    public void Allocate()
    {
        memory.Allocate();
        correct = GC.AllocateArray<int>(MaximumSampleCount, pinned: true);
        leafSamples = GC.AllocateArray<int>(MaximumSampleCount, pinned: true);
        nodeTargets = GC.AllocateArray<NodeTarget>(MostNodes, pinned: true);
    }

    private int OutputNode => graph.Nodes.Length - 1;

    private int OutputWidth => graph.OutputShape.ElementCount;

    public void ComputeGradient(in GradientRequest request, ReadOnlySpan<GradientNode> nodes, Span<NodeStatistics> statistics)
    {
        Check(request, nodes, statistics);
        PlanNodes(request, nodes);
        fixed (float* inputs = request.Inputs)
        fixed (int* labels = request.Targets.Labels)
        fixed (float* values = request.Targets.Values)
        fixed (int* sampleIds = request.SampleIds)
        fixed (int* leaves = leafSamples)
        fixed (NodeTarget* targets = nodeTargets)
        fixed (int* right = correct)
        {
            memory.Inputs = inputs;
            var pass = new Pass
            {
                SampleCount = request.SampleCount, Weights = Pointers.Of(request.Weights), LeafSamples = leaves, Nodes = targets, NodeCount = nodes.Length,
                SampleIds = sampleIds, Seed = request.Seed, Step = request.Step, IsTraining = true,
                TensorIsFinal = request.TensorIsFinal, WaitForTensor = request.WaitForTensor,
            };
            RunForward(pass);
            LossTable.Run(kernels, loss, LossOf(request, labels, values, right));
            RunBackward(pass);
        }

        GC.KeepAlive(request.Weights);
        for (int i = 0; i < nodes.Length; i++)
        {
            statistics[i] = Summarize(nodeTargets[i]);
        }
    }

    public void Forward(TensorBuffer weights, ReadOnlySpan<float> inputs, int sampleCount, Span<float> outputs)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sampleCount, MaximumSampleCount);
        ArgumentOutOfRangeException.ThrowIfNotEqual(inputs.Length, sampleCount * graph.InputShape.ElementCount);
        ArgumentOutOfRangeException.ThrowIfNotEqual(outputs.Length, sampleCount * OutputWidth);
        if (sampleCount == 0)
        {
            return;
        }

        fixed (float* pinned = inputs)
        {
            memory.Inputs = pinned;
            forwardSamples = sampleCount;
            RunForward(new Pass { SampleCount = sampleCount, Weights = Pointers.Of(weights) });
            new ReadOnlySpan<float>(memory.Output(OutputNode), outputs.Length).CopyTo(outputs);
        }

        // The kernels know the buffer by its address only, and the caller may have no further use for it.
        GC.KeepAlive(weights);
    }

    public ReadOnlySpan<float> Activations(int node) => keepsActivations && !memory.IsInput(node)
        ? new ReadOnlySpan<float>(memory.Output(node), forwardSamples * graph.Nodes[node].OutputShape.ElementCount)
        : throw new InvalidOperationException($"this program does not keep the activations of node {node}");

    private LossBatch LossOf(in GradientRequest request, int* labels, float* values, int* right)
    {
        int rows = labels == null ? 1 : request.Targets.Labels.Length / request.SampleCount;
        int width = OutputWidth / rows;
        return new LossBatch
        {
            SampleCount = request.SampleCount, RowsPerSample = rows, Width = width, Outputs = memory.Output(OutputNode), Labels = labels, Values = values,
            FirstClass = loss.ClassCount(width) - width, LabelSmoothing = lossSettings.LabelSmoothing, HuberDelta = (float)lossSettings.HuberDelta,
            Gradient = memory.HasGradient(OutputNode) ? memory.Gradient(OutputNode) : unreadGradient.Pointer,
            Losses = losses.Pointer, Correct = right, RowScratch = rowScratch.Pointer,
        };
    }

    private void RunForward(in Pass pass)
    {
        for (int i = 0; i < operations.Length; i++)
        {
            pass.WaitForWeights(graph.Nodes[i + 1]);
            operations[i].Forward(pass);
        }
    }

    private void RunBackward(in Pass pass)
    {
        for (int i = operations.Length - 1; i >= 0; i--)
        {
            GraphNode node = graph.Nodes[i + 1];
            if (memory.HasGradient(node.Index))
            {
                operations[i].Backward(pass);
                if (!operations[i].TellsOfFinalGradients)
                {
                    pass.GradientsAreFinal(node);
                }

                memory.AddContributions(kernels, node, pass.SampleCount);
            }
        }
    }

    private void Check(in GradientRequest request, ReadOnlySpan<GradientNode> nodes, Span<NodeStatistics> statistics)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.SampleCount, MaximumSampleCount, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(request.SampleCount, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfNotEqual(request.Inputs.Length, request.SampleCount * graph.InputShape.ElementCount, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(statistics.Length, nodes.Length, nameof(statistics));
        CheckTargets(request.Targets, request.SampleCount);
        int next = request.FirstMicroBatch;
        foreach (GradientNode node in nodes)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(node.Node.First, next, nameof(nodes));
            ArgumentOutOfRangeException.ThrowIfNotEqual(node.Gradient.Length, graph.Layout.BufferLength, nameof(nodes));
            next = node.Node.End;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(next, request.EndMicroBatch, nameof(nodes));
    }

    private void CheckTargets(TargetBatch targets, int sampleCount)
    {
        if (targets.Labels.IsEmpty)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Values.Length, sampleCount * OutputWidth, nameof(targets));
            return;
        }

        int rows = loss is SoftmaxCrossEntropyLoss ? targets.Labels.Length / sampleCount : 1;
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Labels.Length, sampleCount * Math.Max(1, rows), nameof(targets));
        ArgumentOutOfRangeException.ThrowIfNotEqual(OutputWidth % rows, 0, nameof(targets));
        int classes = loss.ClassCount(OutputWidth / rows);
        foreach (int label in targets.Labels)
        {
            if ((uint)label >= (uint)classes)
            {
                throw new InvalidInputException($"the label {label} is outside the model's {classes} classes");
            }
        }
    }

    private void PlanNodes(in GradientRequest request, ReadOnlySpan<GradientNode> nodes)
    {
        MiniBatchPartition partition = request.Partition;
        int firstSample = partition.Boundary(request.FirstMicroBatch);
        for (int microBatch = request.FirstMicroBatch; microBatch < request.EndMicroBatch; microBatch++)
        {
            leafSamples[microBatch - request.FirstMicroBatch] = partition.Boundary(microBatch + 1) - partition.Boundary(microBatch);
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            TreeNode node = nodes[i].Node;
            nodeTargets[i] = new NodeTarget
            {
                FirstLeaf = node.First - request.FirstMicroBatch, LeafCount = node.Count, FirstSample = partition.Boundary(node.First) - firstSample,
                Gradient = Pointers.Of(nodes[i].Gradient),
            };
        }
    }

    /// <summary>Each leaf in sample order, leaves in the tree: the same binary counter as in the weight gradient's tiles.</summary>
    private NodeStatistics Summarize(NodeTarget node)
    {
        int sample = node.FirstSample;
        NodeStatistics sum = default;
        for (int leaf = 0; leaf < node.LeafCount; leaf++)
        {
            double lossSum = 0;
            long correctCount = 0;
            int samples = leafSamples[node.FirstLeaf + leaf];
            for (int end = sample + samples; sample < end; sample++)
            {
                lossSum += losses.Pointer[sample];
                correctCount += correct[sample];
            }

            sum = new NodeStatistics(lossSum, correctCount, samples);
            int level = 0;
            for (; ((leaf >> level) & 1) != 0; level++)
            {
                sum = NodeStatistics.Add(statisticsStack[level], sum);
            }

            statisticsStack[level] = sum;
        }

        return sum;
    }
}
