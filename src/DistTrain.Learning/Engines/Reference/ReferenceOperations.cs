using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>
/// Every operation of the graph in the plainest possible form. Arrays are [samples × elements], row-major; the operations say in code what their docstrings in
/// <see cref="Operation"/> say in words.
/// </summary>
internal static class ReferenceOperations<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    /// <returns>[samples × outputs].</returns>
    public static T[] Forward(Operation operation, T[] x, int sampleCount, T[][] parameters) => operation switch
    {
        DenseOperation dense => DenseForward(x, sampleCount, parameters[0], parameters[1], dense.Units),
        ReluOperation => Map(x, value => value <= T.Zero ? T.Zero : value),
        TanhOperation => Map(x, TArithmetic.Tanh),
        FlattenOperation => x,
        _ => throw new NotSupportedException($"the reference engine has no operation '{operation.Kind}'"),
    };

    /// <returns>[samples × inputs] gradient by the inputs.</returns>
    public static T[] InputGradient(Operation operation, T[] y, T[] dy, int sampleCount, T[][] parameters) => operation switch
    {
        DenseOperation dense => DenseInputGradient(dy, sampleCount, parameters[0], dense.Units),
        ReluOperation => Map(y, dy, (output, gradient) => output > T.Zero ? gradient : T.Zero),
        TanhOperation => Map(y, dy, (output, gradient) => gradient * T.FusedMultiplyAdd(-output, output, T.One)),
        FlattenOperation => dy,
        _ => throw new NotSupportedException($"the reference engine has no operation '{operation.Kind}'"),
    };

    /// <summary>One micro-batch's undivided gradient sums, samples [first, end) in order.</summary>
    /// <returns>One array for each of the operation's parameters.</returns>
    public static T[][] ParameterGradients(Operation operation, T[] x, T[] dy, int sampleCount, int first, int end) => operation switch
    {
        DenseOperation dense => DenseParameterGradients(x, dy, x.Length / sampleCount, dense.Units, first, end),
        _ => [],
    };

    private static T[] DenseForward(T[] x, int sampleCount, T[] weight, T[] bias, int units)
    {
        var inputs = weight.Length / units;
        var y = new T[sampleCount * units];
        for (var sample = 0; sample < sampleCount; sample++)
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

    private static T[] DenseInputGradient(T[] dy, int sampleCount, T[] weight, int units)
    {
        var inputs = weight.Length / units;
        var dx = new T[sampleCount * inputs];
        for (var sample = 0; sample < sampleCount; sample++)
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

        return dx;
    }

    private static T[][] DenseParameterGradients(T[] x, T[] dy, int inputs, int units, int first, int end)
    {
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

    private static T[] Map(T[] x, Func<T, T> function) => Array.ConvertAll(x, value => function(value));

    private static T[] Map(T[] y, T[] dy, Func<T, T, T> function)
    {
        var result = new T[y.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = function(y[i], dy[i]);
        }

        return result;
    }
}
