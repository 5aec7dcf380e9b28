using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>Dropout, in place where its input is of no more use: the mask is drawn again for the gradient, not kept.</summary>
internal sealed unsafe class DropoutPlan(KernelSet kernels, ProgramMemory memory, GraphNode node, DropoutOperation dropout) : PlannedOperation
{
    private readonly int input = node.Inputs[0];
    private readonly int width = node.OutputShape.ElementCount;

    public override void Forward(in Pass pass)
    {
        float* x = memory.Output(input);
        float* y = memory.Output(node.Index);
        if (pass.IsTraining)
        {
            Mask(pass, x, y);
        }
        else if (x != y)
        {
            Pointers.Copy(x, y, (nint)pass.SampleCount * width);
        }
    }

    public override void Backward(in Pass pass) => Mask(pass, memory.Gradient(node.Index), memory.InputGradient(node));

    private void Mask(in Pass pass, float* x, float* y) => kernels.Dropout(new DropoutCall
    {
        SampleCount = pass.SampleCount, Width = width, X = x, Y = y, SampleIds = pass.SampleIds,
        Noise = new DropoutNoise(pass.Seed, pass.Step, node.Index, dropout.Rate), Scale = (float)dropout.Scale,
    });
}
