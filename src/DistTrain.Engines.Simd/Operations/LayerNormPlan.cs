using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Losses;
using DistTrain.Engines.Simd.Norms;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>Layer norm, each position by itself; sums over samples are cut at micro-batch borders. Needs its input again for its gradient, not its output.</summary>
internal sealed unsafe class LayerNormPlan : PlannedOperation
{
    private readonly KernelSet kernels;
    private readonly ProgramMemory memory;
    private readonly GraphNode node;
    private readonly float epsilon;
    private readonly int features;
    private readonly int rowsOfSample;
    private readonly int weightOffset;
    private readonly int biasOffset;
    private readonly int stride;

    /// <summary>[rows] mean and [rows] inverse deviation.</summary>
    private readonly PlannedBuffer means;

    private readonly PlannedBuffer inverses;

    /// <summary>[2, stride] a micro-batch's dγ and dβ.</summary>
    private readonly PlannedBuffer leaf;

    private readonly LeafFold fold;

    public LayerNormPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        this.kernels = kernels;
        this.memory = memory;
        this.node = node;
        epsilon = (float)((LayerNormOperation)node.Operation).Epsilon;
        features = graph.Layout.Tensors[node.Parameters[0]].Length;
        rowsOfSample = node.OutputShape.ElementCount / features;
        weightOffset = graph.Layout.Tensors[node.Parameters[0]].Offset;
        biasOffset = graph.Layout.Tensors[node.Parameters[1]].Offset;
        stride = LaneSums.Padded(features);
        means = memory.ReserveBuffer((long)rowsOfSample * memory.MaximumSampleCount);
        inverses = memory.ReserveBuffer(means.Length);
        leaf = memory.ReserveBuffer(2 * stride);
        fold = new LeafFold(kernels, memory, 2 * stride, memory.MaximumSampleCount);
    }

    public override void Forward(in Pass pass) => kernels.LayerNorm(RowsOf(pass, 0, pass.SampleCount), epsilon);

    public override void Backward(in Pass pass)
    {
        for (int index = 0; index < pass.NodeCount; index++)
        {
            NodeTarget* target = pass.Nodes + index;
            float* sum = null;
            int sample = target->FirstSample;
            for (int position = 0; position < target->LeafCount; position++)
            {
                int samples = pass.LeafSamples[target->FirstLeaf + position];
                kernels.LayerNormGradient(RowsOf(pass, sample, samples));
                sum = fold.Add(position, Pointers.Of(leaf));
                sample += samples;
            }

            Pointers.Copy(sum, target->Gradient + weightOffset, features);
            Pointers.Copy(sum + stride, target->Gradient + biasOffset, features);
        }
    }

    private NormRows RowsOf(in Pass pass, int firstSample, int samples)
    {
        nint row = (nint)firstSample * rowsOfSample;
        bool givesInput = pass.IsTraining && memory.HasGradient(node.Inputs[0]);
        return new NormRows
        {
            Rows = (nint)samples * rowsOfSample, Columns = features,
            X = memory.Output(node.Inputs[0]) + (row * features), Y = memory.Output(node.Index) + (row * features),
            Dy = pass.IsTraining ? memory.Gradient(node.Index) + (row * features) : null, Dx = givesInput ? memory.InputGradient(node) + (row * features) : null,
            Weight = pass.Weights + weightOffset, Bias = pass.Weights + biasOffset, Mean = Pointers.Of(means) + row, Inverse = Pointers.Of(inverses) + row,
            WeightGradient = Pointers.Of(leaf), BiasGradient = Pointers.Of(leaf) + stride,
        };
    }
}
