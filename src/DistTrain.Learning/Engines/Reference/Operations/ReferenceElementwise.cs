using System.Numerics;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>A function of each element by itself.</summary>
/// <param name="function">x ↦ y.</param>
/// <param name="gradient">(x, y, dy) ↦ dx.</param>
internal sealed class ReferenceElementwise<T, TArithmetic>(Func<T, T> function, Func<T, T, T, T> gradient) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node) => Array.ConvertAll(node.Inputs[0], x => function(x));

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var x = node.Inputs[0];
        var dx = new T[x.Length];
        for (var i = 0; i < dx.Length; i++)
        {
            dx[i] = gradient(x[i], node.Output[i], dy[i]);
        }

        return [dx];
    }
}

internal sealed class ReferenceFlatten<T, TArithmetic> : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node) => node.Inputs[0];

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy) => [dy];
}

internal sealed class ReferenceAdd<T, TArithmetic> : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node) => node.Inputs.Aggregate((sum, next) => [.. sum.Zip(next, (a, b) => a + b)]);

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy) => [.. node.Inputs.Select(_ => dy)];
}
