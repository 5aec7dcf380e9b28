using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>y [rows, units] = x [rows, inputs] · W [inputs, units] + b, a row for each sample or for each position of it, with the ReLU behind it and the ReLU in front of it fused in.</summary>
internal sealed unsafe class DensePlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node) : PlannedOperation
{
    private readonly int input = node.Inputs[0];
    private readonly int inputs = graph.Layout.Tensors[node.Parameters[0]].Shape[0];
    private readonly int units = ((DenseOperation)node.Operation).Units;
    private readonly int rowsOfSample = node.OutputShape.ElementCount / ((DenseOperation)node.Operation).Units;
    private readonly int weightOffset = graph.Layout.Tensors[node.Parameters[0]].Offset;
    private readonly int biasOffset = graph.Layout.Tensors[node.Parameters[1]].Offset;
    private readonly RowLeaves rowLeaves = new(memory, node.OutputShape.ElementCount / ((DenseOperation)node.Operation).Units);

    /// <summary>Whether the ReLU behind this layer is applied here, in the product's epilogue.</summary>
    public bool AppliesRelu { get; set; }

    /// <summary>Whether the input is a ReLU's output whose gradient is taken here, in the product's epilogue.</summary>
    public bool AppliesInputReluGradient { get; set; }

    public override bool TellsOfFinalGradients => true;

    public override void Forward(in Pass pass) => kernels.Multiply(
        new MatrixProduct
        {
            Rows = pass.SampleCount * rowsOfSample, Columns = units, Depth = inputs,
            A = memory.Output(input), ARowStride = inputs, AStepStride = 1,
            B = pass.Weights + weightOffset, BStride = units,
            C = memory.Output(node.Index), CStride = units,
            Bias = pass.Weights + biasOffset, Relu = AppliesRelu,
        },
        memory.Workspace);

    public override void Backward(in Pass pass)
    {
        float* outputGradient = memory.Gradient(node.Index);
        WeightGradient gradient = rowLeaves.Gradient(pass);
        gradient.Inputs = inputs;
        gradient.X = memory.Output(input);
        gradient.XStride = inputs;
        gradient.WeightOffset = weightOffset;
        gradient.Outputs = units;
        gradient.Dy = outputGradient;
        gradient.DyStride = units;
        gradient.BiasOffset = biasOffset;
        kernels.AccumulateWeightGradient(gradient, memory.Workspace);
        pass.GradientsAreFinal(node);
        if (!memory.HasGradient(input))
        {
            return;
        }

        kernels.Multiply(
            new MatrixProduct
            {
                Rows = pass.SampleCount * rowsOfSample, Columns = inputs, Depth = units,
                A = outputGradient, ARowStride = units, AStepStride = 1,
                B = pass.Weights + weightOffset, BStride = units, BTransposed = true,
                C = memory.InputGradient(node), CStride = inputs,
                ReluOutput = AppliesInputReluGradient ? memory.Output(input) : null, ReluOutputStride = inputs,
            },
            memory.Workspace);
    }
}
