using DistTrain.Engines.Simd.Losses;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>softmax over the last axis, in place where its input is of no more use; the gradient is formed from the output.</summary>
internal sealed unsafe class SoftmaxPlan(KernelSet kernels, ProgramMemory memory, GraphNode node) : PlannedOperation
{
    private readonly int input = node.Inputs[0];
    private readonly int width = WidthOf(node.OutputShape);
    private readonly int rows = node.OutputShape.ElementCount / WidthOf(node.OutputShape);

    public static SoftmaxPlan Create(KernelSet kernels, ProgramMemory memory, GraphNode node)
    {
        memory.PlanOutputInPlace(node);
        memory.PlanGradientInPlace(node);
        memory.ReserveScratch(2 * LaneSums.Padded(WidthOf(node.OutputShape)));
        return new SoftmaxPlan(kernels, memory, node);
    }

    public override void Forward(in Pass pass) =>
        kernels.Softmax(memory.Output(input), memory.Output(node.Index), pass.SampleCount * rows, width, memory.Scratch);

    public override void Backward(in Pass pass) =>
        kernels.SoftmaxGradient(memory.Output(node.Index), memory.Gradient(node.Index), memory.InputGradient(node), pass.SampleCount * rows, width, memory.Scratch);

    private static int WidthOf(TensorShape shape) => shape.Rank > 0 ? shape[shape.Rank - 1] : 1;
}
