using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>An operation that changes shapes but no element: its output is its input's.</summary>
internal sealed unsafe class AliasPlan(ProgramMemory memory, GraphNode node) : PlannedOperation
{
    private readonly int width = node.OutputShape.ElementCount;

    public override void Forward(in Pass pass)
    {
    }

    public override void Backward(in Pass pass)
    {
        float* gradient = memory.Gradient(node.Index);
        if (memory.InputGradient(node) != gradient)
        {
            Pointers.Copy(gradient, memory.InputGradient(node), (nint)pass.SampleCount * width);
        }
    }
}
