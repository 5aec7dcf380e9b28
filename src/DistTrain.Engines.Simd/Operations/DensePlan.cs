using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>y [samples, units] = x [samples, inputs] · W [inputs, units] + b, with the ReLU behind it and the ReLU in front of it fused in.</summary>
internal sealed unsafe class DensePlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node) : PlannedOperation
{
    private readonly int input = node.Inputs[0];
    private readonly int inputs = graph.Nodes[node.Inputs[0]].OutputShape.ElementCount;
    private readonly int units = node.OutputShape.ElementCount;
    private readonly int weightOffset = graph.Layout.Tensors[node.Parameters[0]].Offset;
    private readonly int biasOffset = graph.Layout.Tensors[node.Parameters[1]].Offset;

    /// <summary>Whether the ReLU behind this layer is applied here, in the product's epilogue.</summary>
    public bool AppliesRelu { get; set; }

    /// <summary>Whether the input is a ReLU's output whose gradient is taken here, in the product's epilogue.</summary>
    public bool AppliesInputReluGradient { get; set; }

    public override void Forward(in Pass pass) => kernels.Multiply(
        new MatrixProduct
        {
            Rows = pass.SampleCount, Columns = units, Depth = inputs,
            A = memory.Output(input), ARowStride = inputs, AStepStride = 1,
            B = pass.Weights + weightOffset, BStride = units,
            C = memory.Output(node.Index), CStride = units,
            Bias = pass.Weights + biasOffset, Relu = AppliesRelu,
        },
        memory.Workspace);

    public override void Backward(in Pass pass)
    {
        float* outputGradient = memory.Gradient(node.Index);
        kernels.AccumulateWeightGradient(
            new WeightGradient
            {
                Inputs = inputs, Outputs = units, SampleCount = pass.SampleCount,
                X = memory.Output(input), XStride = inputs, Dy = outputGradient, DyStride = units,
                LeafSamples = pass.LeafSamples, Nodes = pass.Nodes, NodeCount = pass.NodeCount,
                WeightOffset = weightOffset, BiasOffset = biasOffset,
            },
            memory.Workspace);
        if (!memory.HasGradient(input))
        {
            return;
        }

        kernels.Multiply(
            new MatrixProduct
            {
                Rows = pass.SampleCount, Columns = inputs, Depth = units,
                A = outputGradient, ARowStride = units, AStepStride = 1,
                B = pass.Weights + weightOffset, BStride = units, BTransposed = true,
                C = memory.InputGradient(node), CStride = inputs,
                ReluOutput = AppliesInputReluGradient ? memory.Output(input) : null, ReluOutputStride = inputs,
            },
            memory.Workspace);
    }
}
