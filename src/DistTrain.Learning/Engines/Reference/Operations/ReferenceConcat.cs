using System.Numerics;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>See <see cref="Graph.ConcatOperation"/>; rows are samples × positions.</summary>
internal sealed class ReferenceConcat<T, TArithmetic> : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node)
    {
        var widths = Widths(node);
        var rows = node.Inputs[0].Length / widths[0];
        return [.. Enumerable.Range(0, rows).SelectMany(row => node.Inputs.SelectMany((input, position) => input.Skip(row * widths[position]).Take(widths[position])))];
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var widths = Widths(node);
        var total = widths.Sum();
        return [.. widths.Select((width, position) => dy.Where((_, i) => i % total >= widths[..position].Sum() && i % total < widths[..position].Sum() + width).ToArray())];
    }

    private static int[] Widths(ReferenceNode<T> node) => [.. node.InputShapes.Select(shape => shape[shape.Rank - 1])];
}
