using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>See <see cref="LstmOperation"/>. Parameters: Wx, Wh, bias.</summary>
internal sealed class ReferenceLstm<T, TArithmetic>(LstmOperation operation) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    private readonly int units = operation.Units;
    private readonly int columns = 4 * operation.Units;

    public override T[] Forward(ReferenceNode<T> node)
    {
        var hidden = Enumerable.Range(0, node.SampleCount).Select(sample => Run(node, sample).Hidden);
        return [.. hidden.SelectMany(steps => operation.ReturnsAllSteps ? steps.SelectMany(h => h) : steps[^1])];
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var weight = node.Parameters[0];
        var features = weight.Length / columns;
        var dx = new List<T>();
        for (var sample = 0; sample < node.SampleCount; sample++)
        {
            foreach (var dz in GateGradients(node, Run(node, sample), dy, sample))
            {
                dx.AddRange(Enumerable.Range(0, features).Select(feature => Chain(dz, weight, feature)));
            }
        }

        return [[.. dx]];
    }

    public override T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end)
    {
        var (input, hidden, bias) = (new T[node.Parameters[0].Length], new T[node.Parameters[1].Length], new T[columns]);
        var features = input.Length / columns;
        for (var sample = first; sample < end; sample++)
        {
            var states = Run(node, sample);
            var gradients = GateGradients(node, states, dy, sample);
            for (var step = 0; step < gradients.Length; step++)
            {
                AddOuterProduct(StepInput(node, sample, step, features), gradients[step], input);
                AddOuterProduct(step == 0 ? new T[units] : states.Hidden[step - 1], gradients[step], hidden);
                for (var column = 0; column < columns; column++)
                {
                    bias[column] += gradients[step][column];
                }
            }
        }

        return [input, hidden, bias];
    }

    private static ReadOnlySpan<T> StepInput(ReferenceNode<T> node, int sample, int step, int features) =>
        node.Inputs[0].AsSpan((sample * node.InputShapes[0].ElementCount) + (step * features), features);

    private void AddOuterProduct(ReadOnlySpan<T> left, T[] right, T[] sum)
    {
        for (var row = 0; row < left.Length; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                ref var element = ref sum[(row * columns) + column];
                element = T.FusedMultiplyAdd(left[row], right[column], element);
            }
        }
    }

    /// <summary>Σ dz·W[row, ·] over the columns in order.</summary>
    private T Chain(T[] dz, T[] weight, int row)
    {
        var sum = T.Zero;
        for (var column = 0; column < columns; column++)
        {
            sum = T.FusedMultiplyAdd(dz[column], weight[(row * columns) + column], sum);
        }

        return sum;
    }

    private States Run(ReferenceNode<T> node, int sample)
    {
        var steps = LstmOperation.StepsOf(node.InputShapes[0]);
        var states = new States(new T[steps][], new T[steps][], new T[steps][]);
        for (var step = 0; step < steps; step++)
        {
            var gates = PreActivations(node, sample, step, step == 0 ? [] : states.Hidden[step - 1]);
            var (cell, hidden) = (new T[units], new T[units]);
            for (var unit = 0; unit < units; unit++)
            {
                ref var i = ref gates[unit];
                ref var f = ref gates[units + unit];
                ref var g = ref gates[(2 * units) + unit];
                ref var o = ref gates[(3 * units) + unit];
                (i, f, g, o) = (TArithmetic.Sigmoid(i), TArithmetic.Sigmoid(f), TArithmetic.Tanh(g), TArithmetic.Sigmoid(o));
                cell[unit] = step == 0 ? i * g : T.FusedMultiplyAdd(f, states.Cells[step - 1][unit], i * g);
                hidden[unit] = o * TArithmetic.Tanh(cell[unit]);
            }

            (states.Gates[step], states.Cells[step], states.Hidden[step]) = (gates, cell, hidden);
        }

        return states;
    }

    private T[] PreActivations(ReferenceNode<T> node, int sample, int step, T[] previous)
    {
        var (inputWeight, hiddenWeight, bias) = (node.Parameters[0], node.Parameters[1], node.Parameters[2]);
        var x = StepInput(node, sample, step, inputWeight.Length / columns);
        var z = new T[columns];
        for (var column = 0; column < columns; column++)
        {
            for (var feature = 0; feature < x.Length; feature++)
            {
                z[column] = T.FusedMultiplyAdd(x[feature], inputWeight[(feature * columns) + column], z[column]);
            }

            for (var unit = 0; unit < previous.Length; unit++)
            {
                z[column] = T.FusedMultiplyAdd(previous[unit], hiddenWeight[(unit * columns) + column], z[column]);
            }

            z[column] += bias[column];
        }

        return z;
    }

    /// <returns>[steps][4H] dz of one sample.</returns>
    private T[][] GateGradients(ReferenceNode<T> node, States states, T[] dy, int sample)
    {
        var steps = states.Gates.Length;
        var gradients = new T[steps][];
        var carry = Array.Empty<T>();
        for (var step = steps - 1; step >= 0; step--)
        {
            var (gates, dz, next) = (states.Gates[step], new T[columns], new T[units]);
            for (var unit = 0; unit < units; unit++)
            {
                var (i, f, g, o) = (gates[unit], gates[units + unit], gates[(2 * units) + unit], gates[(3 * units) + unit]);
                var e = TArithmetic.Tanh(states.Cells[step][unit]);
                var dh = HiddenGradient(node, dy, sample, step, unit, step + 1 < steps ? gradients[step + 1] : null);
                var slope = T.FusedMultiplyAdd(-e, e, T.One);
                var dc = carry.Length == 0 ? dh * o * slope : T.FusedMultiplyAdd(dh * o, slope, carry[unit]);
                dz[unit] = dc * g * T.FusedMultiplyAdd(-i, i, i);
                dz[units + unit] = step == 0 ? T.Zero : dc * states.Cells[step - 1][unit] * T.FusedMultiplyAdd(-f, f, f);
                dz[(2 * units) + unit] = dc * i * T.FusedMultiplyAdd(-g, g, T.One);
                dz[(3 * units) + unit] = dh * e * T.FusedMultiplyAdd(-o, o, o);
                next[unit] = dc * f;
            }

            (gradients[step], carry) = (dz, next);
        }

        return gradients;
    }

    private T HiddenGradient(ReferenceNode<T> node, T[] dy, int sample, int step, int unit, T[]? later)
    {
        var steps = LstmOperation.StepsOf(node.InputShapes[0]);
        var own = operation.ReturnsAllSteps ? dy[(((sample * steps) + step) * units) + unit] : dy[(sample * units) + unit];
        if (later is null)
        {
            return own;
        }

        var fromLater = Chain(later, node.Parameters[1], unit);
        return operation.ReturnsAllSteps ? own + fromLater : fromLater;
    }

    /// <summary>[steps] of one sample: gates [4H] after their functions, cells [H], hidden states [H].</summary>
    private sealed record States(T[][] Gates, T[][] Cells, T[][] Hidden);
}
