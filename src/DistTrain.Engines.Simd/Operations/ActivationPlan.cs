using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>A function of each element, in place where its input is of no more use.</summary>
internal sealed unsafe class ActivationPlan(ActivationKernel kernel, ProgramMemory memory, GraphNode node) : PlannedOperation
{
    private readonly int input = node.Inputs[0];
    private readonly int width = node.OutputShape.ElementCount;

    public static ActivationPlan Create(KernelSet kernels, ProgramMemory memory, GraphNode node)
    {
        ActivationKernel kernel = kernels.Activation(node.Operation);
        if (kernel.GradientReadsInput)
        {
            memory.AllocateOutput(node);
        }
        else
        {
            memory.PlanOutputInPlace(node);
        }

        memory.PlanGradientInPlace(node);
        return new ActivationPlan(kernel, memory, node);
    }

    public override void Forward(in Pass pass) => kernel.Forward(memory.Output(input), memory.Output(node.Index), (nint)pass.SampleCount * width);

    public override void Backward(in Pass pass) =>
        kernel.Backward(memory.Output(kernel.GradientReadsInput ? input : node.Index), memory.Gradient(node.Index), memory.InputGradient(node), (nint)pass.SampleCount * width);
}
