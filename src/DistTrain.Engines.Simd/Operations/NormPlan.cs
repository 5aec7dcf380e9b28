using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Losses;
using DistTrain.Engines.Simd.Norms;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>
/// What norms over the last axis have in common: rows of that axis, and a backward pass that goes micro-batch by micro-batch and folds what it gives for the parameters in the tree. They need their
/// input again for their gradient, not their output.
/// </summary>
internal abstract unsafe class NormPlan : PlannedOperation
{
    private readonly ProgramMemory memory;
    private readonly GraphNode node;

    /// <summary>[tensors, stride] what a micro-batch gives for each of the node's parameter tensors.</summary>
    private readonly PlannedBuffer leaf;

    private readonly LeafFold fold;

    protected NormPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        Kernels = kernels;
        this.memory = memory;
        this.node = node;
        Offsets = [.. node.Parameters.Select(index => graph.Layout.Tensors[index].Offset)];
        Columns = graph.Layout.Tensors[node.Parameters[0]].Length;
        RowsOfSample = node.OutputShape.ElementCount / Columns;
        Stride = LaneSums.Padded(Columns);
        leaf = memory.ReserveBuffer((long)Offsets.Length * Stride);
        fold = new LeafFold(kernels, memory, Offsets.Length * Stride, memory.MaximumSampleCount);
    }

    protected KernelSet Kernels { get; }

    /// <summary>Elements of the last axis.</summary>
    protected int Columns { get; }

    /// <summary>[tensors] where γ, β and whatever else lie among the weights and in a gradient node.</summary>
    protected int[] Offsets { get; }

    /// <summary>Elements from one tensor to the next in what a micro-batch gives.</summary>
    protected int Stride { get; }

    protected bool GivesInputGradient => memory.HasGradient(node.Inputs[0]);

    protected int RowsOfSample { get; }

    public sealed override void Backward(in Pass pass)
    {
        for (int index = 0; index < pass.NodeCount; index++)
        {
            NodeTarget* target = pass.Nodes + index;
            float* sum = null;
            int sample = target->FirstSample;
            for (int position = 0; position < target->LeafCount; position++)
            {
                int microBatch = target->FirstLeaf + position;
                RunMicroBatch(pass, sample, pass.LeafSamples[microBatch], microBatch);
                sum = fold.Add(position, Leaf(0));
                sample += pass.LeafSamples[microBatch];
            }

            for (int tensor = 0; tensor < Offsets.Length; tensor++)
            {
                Pointers.Copy(sum + (tensor * Stride), target->Gradient + Offsets[tensor], Columns);
            }
        }
    }

    /// <summary>Fills every <see cref="Leaf"/>, and the micro-batch's part of the input gradient where there is one.</summary>
    protected abstract void RunMicroBatch(in Pass pass, int firstSample, int samples, int microBatch);

    /// <summary>The rows of some samples, all but their moments; γ's and β's gradients go to the first two leaves.</summary>
    protected NormRows RowsOf(in Pass pass, int firstSample, int samples)
    {
        nint first = (nint)firstSample * RowsOfSample * Columns;
        return new NormRows
        {
            Rows = (nint)samples * RowsOfSample, Columns = Columns,
            X = memory.Output(node.Inputs[0]) + first, Y = memory.Output(node.Index) + first,
            Dy = pass.IsTraining ? memory.Gradient(node.Index) + first : null, Dx = pass.IsTraining && GivesInputGradient ? memory.InputGradient(node) + first : null,
            Weight = pass.Weights + Offsets[0], Bias = pass.Weights + Offsets[1], WeightGradient = Leaf(0), BiasGradient = Leaf(1),
        };
    }

    protected float* Leaf(int tensor) => Pointers.Of(leaf) + (tensor * Stride);
}
