using System.Numerics;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>See <see cref="Graph.LayerNormOperation"/>. Parameters: γ, β; rows are samples × positions.</summary>
internal sealed class ReferenceLayerNorm<T, TArithmetic>(double epsilon) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    private readonly T epsilon = T.CreateTruncating(epsilon);

    public override T[] Forward(ReferenceNode<T> node)
    {
        var (x, gamma, beta) = (node.Inputs[0], node.Parameters[0], node.Parameters[1]);
        var features = gamma.Length;
        var y = new T[x.Length];
        for (var row = 0; row < x.Length / features; row++)
        {
            var (normalized, _) = Normalize(x.AsSpan(row * features, features));
            for (var i = 0; i < features; i++)
            {
                y[(row * features) + i] = T.FusedMultiplyAdd(normalized[i], gamma[i], beta[i]);
            }
        }

        return y;
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var (x, gamma) = (node.Inputs[0], node.Parameters[0]);
        var features = gamma.Length;
        var count = T.CreateChecked(features);
        var dx = new T[x.Length];
        for (var row = 0; row < x.Length / features; row++)
        {
            var (normalized, inverse) = Normalize(x.AsSpan(row * features, features));
            var gradient = gamma.Select((weight, i) => dy[(row * features) + i] * weight).ToArray();
            var mean = ReferenceSums.Sum<T>(gradient) / count;
            var slope = ReferenceSums.SumOfProducts<T>(gradient, normalized) / count;
            for (var i = 0; i < features; i++)
            {
                dx[(row * features) + i] = inverse * T.FusedMultiplyAdd(-normalized[i], slope, gradient[i] - mean);
            }
        }

        return [dx];
    }

    public override T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end)
    {
        var x = node.Inputs[0];
        var features = node.Parameters[0].Length;
        var rowsOfSample = node.InputShapes[0].ElementCount / features;
        var (dGamma, dBeta) = (new T[features], new T[features]);
        for (var row = first * rowsOfSample; row < end * rowsOfSample; row++)
        {
            var (normalized, _) = Normalize(x.AsSpan(row * features, features));
            for (var i = 0; i < features; i++)
            {
                var gradient = dy[(row * features) + i];
                dGamma[i] = T.FusedMultiplyAdd(gradient, normalized[i], dGamma[i]);
                dBeta[i] += gradient;
            }
        }

        return [dGamma, dBeta];
    }

    private (T[] Normalized, T Inverse) Normalize(ReadOnlySpan<T> x)
    {
        var count = T.CreateChecked(x.Length);
        var mean = ReferenceSums.Sum(x) / count;
        var values = new T[x.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = x[i] - mean;
        }

        var inverse = T.One / T.Sqrt((ReferenceSums.SumOfSquares<T>(values) / count) + epsilon);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] *= inverse;
        }

        return (values, inverse);
    }
}
