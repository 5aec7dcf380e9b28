using System.Numerics;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>See <see cref="Graph.DenseOperation"/>; rows are samples × positions.</summary>
internal sealed class ReferenceDense<T, TArithmetic> : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node)
    {
        var (x, weight, bias) = (node.Inputs[0], node.Parameters[0], node.Parameters[1]);
        var units = bias.Length;
        var inputs = weight.Length / units;
        var y = new T[x.Length / inputs * units];
        for (var row = 0; row < x.Length / inputs; row++)
        {
            for (var unit = 0; unit < units; unit++)
            {
                var sum = T.Zero;
                for (var input = 0; input < inputs; input++)
                {
                    sum = T.FusedMultiplyAdd(x[(row * inputs) + input], weight[(input * units) + unit], sum);
                }

                y[(row * units) + unit] = sum + bias[unit];
            }
        }

        return y;
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var weight = node.Parameters[0];
        var units = node.Parameters[1].Length;
        var inputs = weight.Length / units;
        var dx = new T[dy.Length / units * inputs];
        for (var row = 0; row < dy.Length / units; row++)
        {
            for (var input = 0; input < inputs; input++)
            {
                var sum = T.Zero;
                for (var unit = 0; unit < units; unit++)
                {
                    sum = T.FusedMultiplyAdd(dy[(row * units) + unit], weight[(input * units) + unit], sum);
                }

                dx[(row * inputs) + input] = sum;
            }
        }

        return [dx];
    }

    public override T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end)
    {
        var x = node.Inputs[0];
        var units = node.Parameters[1].Length;
        var inputs = node.Parameters[0].Length / units;
        var positions = node.InputShapes[0].ElementCount / inputs;
        var weight = new T[inputs * units];
        var bias = new T[units];
        for (var row = first * positions; row < end * positions; row++)
        {
            for (var input = 0; input < inputs; input++)
            {
                for (var unit = 0; unit < units; unit++)
                {
                    ref var sum = ref weight[(input * units) + unit];
                    sum = T.FusedMultiplyAdd(x[(row * inputs) + input], dy[(row * units) + unit], sum);
                }
            }

            for (var unit = 0; unit < units; unit++)
            {
                bias[unit] += dy[(row * units) + unit];
            }
        }

        return [weight, bias];
    }
}
