using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>y = (x₁ + x₂) + …; every input's gradient is the output's.</summary>
internal sealed unsafe class AddPlan(KernelSet kernels, ProgramMemory memory, GraphNode node) : PlannedOperation
{
    private readonly int width = node.OutputShape.ElementCount;

    public override void Forward(in Pass pass)
    {
        nint count = (nint)pass.SampleCount * width;
        float* sum = memory.Output(node.Index);
        kernels.Add(memory.Output(node.Inputs[0]), memory.Output(node.Inputs[1]), sum, count);
        for (int position = 2; position < node.Inputs.Length; position++)
        {
            kernels.Add(sum, memory.Output(node.Inputs[position]), sum, count);
        }
    }

    public override void Backward(in Pass pass)
    {
        for (int position = 0; position < node.Inputs.Length; position++)
        {
            if (memory.HasGradient(node.Inputs[position]))
            {
                Pointers.Copy(memory.Gradient(node.Index), memory.InputGradient(node, position), (nint)pass.SampleCount * width);
            }
        }
    }
}
