using System.Numerics;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Engines.Reference;

internal sealed class ReferenceDropout<T, TArithmetic>(DropoutOperation dropout) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node) => node.Pass.IsTraining ? Masked(node, node.Inputs[0]) : node.Inputs[0];

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy) => [Masked(node, dy)];

    private T[] Masked(ReferenceNode<T> node, T[] values)
    {
        var noise = new DropoutNoise(node.Pass.Seed, node.Pass.Step, node.Node.Index, dropout.Rate);
        var scale = T.CreateChecked(dropout.Scale);
        var width = node.Node.OutputShape.ElementCount;
        var masked = new T[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            masked[i] = noise.Drops(node.Pass.SampleIds[i / width], i % width) ? T.Zero : values[i] * scale;
        }

        return masked;
    }
}
