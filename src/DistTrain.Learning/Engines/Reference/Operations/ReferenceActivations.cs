using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>The activations, each in the exact order of its roundings.</summary>
internal static class ReferenceActivations<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    private static readonly T Half = T.CreateChecked(0.5);
    private static readonly T SqrtHalf = T.CreateChecked(GeluConstants.SqrtHalf);
    private static readonly T NormalDensityAtZero = T.CreateChecked(GeluConstants.NormalDensityAtZero);
    private static readonly T SqrtTwoOverPi = T.CreateChecked(GeluConstants.SqrtTwoOverPi);
    private static readonly T Cubic = T.CreateChecked(GeluConstants.Cubic);
    private static readonly T ThreeCubic = T.CreateChecked(3 * GeluConstants.Cubic);

    public static ReferenceOperation<T, TArithmetic> Relu { get; } = Elementwise(x => x <= T.Zero ? T.Zero : x, (_, y, dy) => y > T.Zero ? dy : T.Zero);

    public static ReferenceOperation<T, TArithmetic> Tanh { get; } = Elementwise(TArithmetic.Tanh, (_, y, dy) => dy * T.FusedMultiplyAdd(-y, y, T.One));

    public static ReferenceOperation<T, TArithmetic> Sigmoid { get; } = Elementwise(TArithmetic.Sigmoid, (_, y, dy) => dy * T.FusedMultiplyAdd(-y, y, y));

    public static ReferenceOperation<T, TArithmetic> Swish { get; } = Elementwise(x => x * TArithmetic.Sigmoid(x), SwishGradient);

    public static ReferenceOperation<T, TArithmetic> Gelu { get; } = Elementwise(x => x * NormalDistribution(x), GeluGradient);

    public static ReferenceOperation<T, TArithmetic> GeluTanh { get; } = Elementwise(x => Half * x * (T.One + TanhOfCubic(x)), GeluTanhGradient);

    public static ReferenceOperation<T, TArithmetic> LeakyRelu(double slope)
    {
        var factor = T.CreateChecked(slope);
        return Elementwise(x => x > T.Zero ? x : factor * x, (_, y, dy) => y > T.Zero ? dy : factor * dy);
    }

    public static ReferenceOperation<T, TArithmetic> Elu(double alpha)
    {
        var factor = T.CreateChecked(alpha);
        return Elementwise(x => x > T.Zero ? x : factor * TArithmetic.ExpMinusOneBelowZero(x), (_, y, dy) => y > T.Zero ? dy : dy * (y + factor));
    }

    private static ReferenceElementwise<T, TArithmetic> Elementwise(Func<T, T> function, Func<T, T, T, T> gradient) => new(function, gradient);

    private static T SwishGradient(T x, T y, T dy)
    {
        var sigma = TArithmetic.Sigmoid(x);
        return dy * T.FusedMultiplyAdd(x * sigma, T.One - sigma, sigma);
    }

    private static T NormalDistribution(T x) => Half * (T.One + TArithmetic.Erf(x * SqrtHalf));

    private static T GeluGradient(T x, T y, T dy)
    {
        var density = NormalDensityAtZero * TArithmetic.Exp(-Half * x * x);
        return dy * T.FusedMultiplyAdd(x, density, NormalDistribution(x));
    }

    private static T TanhOfCubic(T x) => TArithmetic.Tanh(SqrtTwoOverPi * T.FusedMultiplyAdd(Cubic * (x * x), x, x));

    private static T GeluTanhGradient(T x, T y, T dy)
    {
        var t = TanhOfCubic(x);
        var slope = SqrtTwoOverPi * T.FusedMultiplyAdd(ThreeCubic, x * x, T.One);
        return dy * T.FusedMultiplyAdd(Half * x * T.FusedMultiplyAdd(-t, t, T.One), slope, Half * (T.One + t));
    }
}

internal sealed class ReferenceSoftmax<T, TArithmetic> : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public override T[] Forward(ReferenceNode<T> node)
    {
        var y = new T[node.Inputs[0].Length];
        var width = Width(node);
        for (var start = 0; start < y.Length; start += width)
        {
            ReferenceLoss<T, TArithmetic>.Softmax(node.Inputs[0].AsSpan(start, width), y.AsSpan(start, width));
        }

        return y;
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var dx = new T[dy.Length];
        var width = Width(node);
        for (var start = 0; start < dx.Length; start += width)
        {
            var sum = ReferenceSums.SumOfProducts<T>(node.Output.AsSpan(start, width), dy.AsSpan(start, width));
            for (var i = start; i < start + width; i++)
            {
                dx[i] = node.Output[i] * (dy[i] - sum);
            }
        }

        return [dx];
    }

    private static int Width(ReferenceNode<T> node) => node.InputShapes[0] is { Rank: > 0 and var rank } shape ? shape[rank - 1] : 1;
}
