using System.Numerics;

namespace DistTrain.Learning.Engines.Reference;

internal sealed class ReferenceDense<T, TArithmetic> : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node)
    {
        var (x, weight, bias) = (node.Inputs[0], node.Parameters[0], node.Parameters[1]);
        var units = bias.Length;
        var inputs = weight.Length / units;
        var y = new T[node.SampleCount * units];
        for (var sample = 0; sample < node.SampleCount; sample++)
        {
            for (var unit = 0; unit < units; unit++)
            {
                var sum = T.Zero;
                for (var input = 0; input < inputs; input++)
                {
                    sum = T.FusedMultiplyAdd(x[(sample * inputs) + input], weight[(input * units) + unit], sum);
                }

                y[(sample * units) + unit] = sum + bias[unit];
            }
        }

        return y;
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var weight = node.Parameters[0];
        var units = node.Parameters[1].Length;
        var inputs = weight.Length / units;
        var dx = new T[node.SampleCount * inputs];
        for (var sample = 0; sample < node.SampleCount; sample++)
        {
            for (var input = 0; input < inputs; input++)
            {
                var sum = T.Zero;
                for (var unit = 0; unit < units; unit++)
                {
                    sum = T.FusedMultiplyAdd(dy[(sample * units) + unit], weight[(input * units) + unit], sum);
                }

                dx[(sample * inputs) + input] = sum;
            }
        }

        return [dx];
    }

    public override T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end)
    {
        var x = node.Inputs[0];
        var units = node.Parameters[1].Length;
        var inputs = node.Parameters[0].Length / units;
        var weight = new T[inputs * units];
        var bias = new T[units];
        for (var sample = first; sample < end; sample++)
        {
            for (var input = 0; input < inputs; input++)
            {
                for (var unit = 0; unit < units; unit++)
                {
                    ref var sum = ref weight[(input * units) + unit];
                    sum = T.FusedMultiplyAdd(x[(sample * inputs) + input], dy[(sample * units) + unit], sum);
                }
            }

            for (var unit = 0; unit < units; unit++)
            {
                bias[unit] += dy[(sample * units) + unit];
            }
        }

        return [weight, bias];
    }
}
