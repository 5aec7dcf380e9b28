using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>max(x, 0), in place behind a dense layer; either direction may be fused into a neighbouring product.</summary>
internal sealed unsafe class ReluPlan(KernelSet kernels, ProgramMemory memory, GraphNode node) : PlannedOperation
{
    private readonly int input = node.Inputs[0];
    private readonly int width = node.OutputShape.ElementCount;

    public bool ForwardIsFused { get; set; }

    public bool BackwardIsFused { get; set; }

    public override void Forward(in Pass pass)
    {
        if (!ForwardIsFused)
        {
            kernels.Relu(memory.Output(input), memory.Output(node.Index), (nint)pass.SampleCount * width);
        }
    }

    public override void Backward(in Pass pass)
    {
        if (!BackwardIsFused)
        {
            kernels.ReluGradient(memory.Output(node.Index), memory.Gradient(node.Index), memory.InputGradient(node), (nint)pass.SampleCount * width);
        }
    }
}
