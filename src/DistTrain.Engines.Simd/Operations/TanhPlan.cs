using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>tanh(x), in place behind a dense layer; the gradient is formed from the output.</summary>
internal sealed unsafe class TanhPlan(KernelSet kernels, ProgramMemory memory, GraphNode node) : PlannedOperation
{
    private readonly int input = node.Inputs[0];
    private readonly int width = node.OutputShape.ElementCount;

    public override void Forward(in Pass pass) => kernels.Tanh(memory.Output(input), memory.Output(node.Index), (nint)pass.SampleCount * width);

    public override void Backward(in Pass pass) =>
        kernels.TanhGradient(memory.Output(node.Index), memory.Gradient(node.Index), memory.InputGradient(node), (nint)pass.SampleCount * width);
}
