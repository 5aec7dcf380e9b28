using System.Numerics;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>See <see cref="Graph.BatchNormOperation"/>. Parameters: γ, β, running mean, running variance; rows are samples × positions.</summary>
internal sealed class ReferenceBatchNorm<T, TArithmetic>(double epsilon) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    private readonly T epsilon = T.CreateTruncating(epsilon);

    public override T[] Forward(ReferenceNode<T> node)
    {
        var y = new T[node.Inputs[0].Length];
        if (node.Pass.IsTraining)
        {
            ForEachMicroBatch(node, (first, end) => Normalize(node, first, end, MomentsOf(node, first, end), y));
        }
        else
        {
            var inverse = Array.ConvertAll(node.Parameters[3], variance => T.One / T.Sqrt(variance + epsilon));
            Normalize(node, 0, node.SampleCount, new Moments(node.Parameters[2], [], inverse, 0), y);
        }

        return y;
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var (x, gamma) = (node.Inputs[0], node.Parameters[0]);
        var channels = gamma.Length;
        var dx = new T[x.Length];
        ForEachMicroBatch(node, (first, end) =>
        {
            var moments = MomentsOf(node, first, end);
            var (dGamma, dBeta) = Sums(node, dy, first, end, moments);
            var count = T.CreateChecked(moments.Count);
            for (var i = first * ElementsOf(node); i < end * ElementsOf(node); i++)
            {
                var channel = i % channels;
                var normalized = (x[i] - moments.Mean[channel]) * moments.Inverse[channel];
                var centred = T.FusedMultiplyAdd(-normalized, dGamma[channel] / count, dy[i] - (dBeta[channel] / count));
                dx[i] = gamma[channel] * moments.Inverse[channel] * centred;
            }
        });
        return [dx];
    }

    public override T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end)
    {
        var moments = MomentsOf(node, first, end);
        var (dGamma, dBeta) = Sums(node, dy, first, end, moments);
        var samples = T.CreateChecked(end - first);
        var divisor = T.CreateChecked(Math.Max(1, moments.Count - 1));
        return [dGamma, dBeta, Array.ConvertAll(moments.Mean, mean => mean * samples), Array.ConvertAll(moments.Squares, squares => squares / divisor * samples)];
    }

    private static int ElementsOf(ReferenceNode<T> node) => node.InputShapes[0].ElementCount;

    private static void ForEachMicroBatch(ReferenceNode<T> node, Action<int, int> action)
    {
        for (var i = 0; i + 1 < node.Pass.Borders.Length; i++)
        {
            action(node.Pass.Borders[i], node.Pass.Borders[i + 1]);
        }
    }

    private Moments MomentsOf(ReferenceNode<T> node, int first, int end)
    {
        var x = node.Inputs[0].AsSpan(first * ElementsOf(node), (end - first) * ElementsOf(node));
        var channels = node.Parameters[0].Length;
        var count = x.Length / channels;
        var (mean, squares) = (new T[channels], new T[channels]);
        for (var i = 0; i < x.Length; i++)
        {
            mean[i % channels] += x[i];
        }

        for (var channel = 0; channel < channels; channel++)
        {
            mean[channel] /= T.CreateChecked(count);
        }

        for (var i = 0; i < x.Length; i++)
        {
            var difference = x[i] - mean[i % channels];
            squares[i % channels] = T.FusedMultiplyAdd(difference, difference, squares[i % channels]);
        }

        return new Moments(mean, squares, Array.ConvertAll(squares, sum => T.One / T.Sqrt((sum / T.CreateChecked(count)) + epsilon)), count);
    }

    private static void Normalize(ReferenceNode<T> node, int first, int end, Moments moments, T[] y)
    {
        var (x, gamma, beta) = (node.Inputs[0], node.Parameters[0], node.Parameters[1]);
        for (var i = first * ElementsOf(node); i < end * ElementsOf(node); i++)
        {
            var channel = i % gamma.Length;
            y[i] = T.FusedMultiplyAdd((x[i] - moments.Mean[channel]) * moments.Inverse[channel], gamma[channel], beta[channel]);
        }
    }

    private static (T[] DGamma, T[] DBeta) Sums(ReferenceNode<T> node, T[] dy, int first, int end, Moments moments)
    {
        var x = node.Inputs[0];
        var channels = moments.Mean.Length;
        var (dGamma, dBeta) = (new T[channels], new T[channels]);
        for (var i = first * ElementsOf(node); i < end * ElementsOf(node); i++)
        {
            var channel = i % channels;
            var normalized = (x[i] - moments.Mean[channel]) * moments.Inverse[channel];
            dGamma[channel] = T.FusedMultiplyAdd(dy[i], normalized, dGamma[channel]);
            dBeta[channel] += dy[i];
        }

        return (dGamma, dBeta);
    }

    /// <param name="Squares">[channels] Σ(x − mean)².</param>
    /// <param name="Inverse">[channels] 1/√(variance + ε).</param>
    /// <param name="Count">N, the values of a channel.</param>
    private sealed record Moments(T[] Mean, T[] Squares, T[] Inverse, int Count);
}
