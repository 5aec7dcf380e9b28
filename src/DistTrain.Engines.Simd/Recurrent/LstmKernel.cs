using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Numerics;

namespace DistTrain.Engines.Simd.Recurrent;

/// <summary>What is left of an LSTM's step when the products are made: see <see cref="Learning.Graph.LstmOperation"/> for the formulas.</summary>
internal static unsafe class LstmKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>Bias and functions of the gates, then c and h.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(in LstmStep step)
    {
        int units = step.Units;
        int whole = units - (units % TOps.Width);
        for (nint sample = 0; sample < step.SampleCount; sample++)
        {
            float* gates = step.Gates + (sample * step.GateStride);
            float* cells = step.Cells + (sample * step.StateStride);
            float* previous = step.PreviousCells == null ? null : step.PreviousCells + (sample * step.StateStride);
            float* hidden = step.NextHidden == null ? null : step.NextHidden + (sample * step.StateStride);
            float* output = step.Output == null ? null : step.Output + (sample * step.OutputStride);
            for (int unit = 0; unit < whole; unit += TOps.Width)
            {
                TVector h = Forward(step, gates, cells, previous, unit);
                if (hidden != null)
                {
                    TOps.Store(h, hidden + unit);
                }

                if (output != null)
                {
                    TOps.Store(h, output + unit);
                }
            }

            for (int unit = whole; unit < units; unit++)
            {
                float h = ForwardOne(step, gates, cells, previous, unit);
                if (hidden != null)
                {
                    hidden[unit] = h;
                }

                if (output != null)
                {
                    output[unit] = h;
                }
            }
        }
    }

    /// <summary>From dy, the sums of the step after and its carry to dz and this step's carry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(in LstmStep step)
    {
        int units = step.Units;
        int whole = units - (units % TOps.Width);
        for (nint sample = 0; sample < step.SampleCount; sample++)
        {
            var rows = new BackwardRows
            {
                Units = units, Gates = step.Gates + (sample * step.GateStride), Cells = step.Cells + (sample * step.StateStride),
                Previous = step.PreviousCells == null ? null : step.PreviousCells + (sample * step.StateStride),
                Dy = step.Output == null ? null : step.Output + (sample * step.OutputStride),
                FromLater = step.FromLater == null ? null : step.FromLater + (sample * units), Carry = step.Carry + (sample * units),
            };
            for (int unit = 0; unit < whole; unit += TOps.Width)
            {
                Backward(rows, unit);
            }

            for (int unit = whole; unit < units; unit++)
            {
                BackwardOne(rows, unit);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Forward(in LstmStep step, float* gates, float* cells, float* previous, int unit)
    {
        int units = step.Units;
        TVector i = VectorMath<TOps, TVector>.Sigmoid(TOps.Add(TOps.Load(gates + unit), TOps.Load(step.Bias + unit)));
        TVector f = VectorMath<TOps, TVector>.Sigmoid(TOps.Add(TOps.Load(gates + units + unit), TOps.Load(step.Bias + units + unit)));
        TVector g = VectorMath<TOps, TVector>.Tanh(TOps.Add(TOps.Load(gates + (2 * units) + unit), TOps.Load(step.Bias + (2 * units) + unit)));
        TVector o = VectorMath<TOps, TVector>.Sigmoid(TOps.Add(TOps.Load(gates + (3 * units) + unit), TOps.Load(step.Bias + (3 * units) + unit)));
        TVector c = TOps.Multiply(i, g);
        if (previous != null)
        {
            c = TOps.FusedMultiplyAdd(f, TOps.Load(previous + unit), c);
        }

        TOps.Store(i, gates + unit);
        TOps.Store(f, gates + units + unit);
        TOps.Store(g, gates + (2 * units) + unit);
        TOps.Store(o, gates + (3 * units) + unit);
        TOps.Store(c, cells + unit);
        return TOps.Multiply(o, VectorMath<TOps, TVector>.Tanh(c));
    }

    private static float ForwardOne(in LstmStep step, float* gates, float* cells, float* previous, int unit)
    {
        int units = step.Units;
        float i = gates[unit] = DeterministicMath.Sigmoid(gates[unit] + step.Bias[unit]);
        float f = gates[units + unit] = DeterministicMath.Sigmoid(gates[units + unit] + step.Bias[units + unit]);
        float g = gates[(2 * units) + unit] = DeterministicMath.Tanh(gates[(2 * units) + unit] + step.Bias[(2 * units) + unit]);
        float o = gates[(3 * units) + unit] = DeterministicMath.Sigmoid(gates[(3 * units) + unit] + step.Bias[(3 * units) + unit]);
        float c = previous == null ? i * g : MathF.FusedMultiplyAdd(f, previous[unit], i * g);
        cells[unit] = c;
        return o * DeterministicMath.Tanh(c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Backward(in BackwardRows rows, int unit)
    {
        int units = rows.Units;
        float* gates = rows.Gates + unit;
        TVector one = TOps.Broadcast(1f);
        TVector i = TOps.Load(gates);
        TVector f = TOps.Load(gates + units);
        TVector g = TOps.Load(gates + (2 * units));
        TVector o = TOps.Load(gates + (3 * units));
        TVector e = VectorMath<TOps, TVector>.Tanh(TOps.Load(rows.Cells + unit));
        TVector dh = rows.Dy == null ? TOps.Load(rows.FromLater + unit)
            : rows.FromLater == null ? TOps.Load(rows.Dy + unit)
            : TOps.Add(TOps.Load(rows.Dy + unit), TOps.Load(rows.FromLater + unit));
        TVector slope = TOps.FusedMultiplyAdd(TOps.Negate(e), e, one);
        TVector through = TOps.Multiply(dh, o);
        TVector dc = rows.FromLater == null ? TOps.Multiply(through, slope) : TOps.FusedMultiplyAdd(through, slope, TOps.Load(rows.Carry + unit));
        TVector df = rows.Previous == null
            ? TOps.Broadcast(0f)
            : TOps.Multiply(TOps.Multiply(dc, TOps.Load(rows.Previous + unit)), TOps.FusedMultiplyAdd(TOps.Negate(f), f, f));
        TOps.Store(TOps.Multiply(TOps.Multiply(dc, g), TOps.FusedMultiplyAdd(TOps.Negate(i), i, i)), gates);
        TOps.Store(df, gates + units);
        TOps.Store(TOps.Multiply(TOps.Multiply(dc, i), TOps.FusedMultiplyAdd(TOps.Negate(g), g, one)), gates + (2 * units));
        TOps.Store(TOps.Multiply(TOps.Multiply(dh, e), TOps.FusedMultiplyAdd(TOps.Negate(o), o, o)), gates + (3 * units));
        TOps.Store(TOps.Multiply(dc, f), rows.Carry + unit);
    }

    private static void BackwardOne(in BackwardRows rows, int unit)
    {
        int units = rows.Units;
        float* gates = rows.Gates + unit;
        (float i, float f, float g, float o) = (gates[0], gates[units], gates[2 * units], gates[3 * units]);
        float e = DeterministicMath.Tanh(rows.Cells[unit]);
        float dh = rows.Dy == null ? rows.FromLater[unit] : rows.FromLater == null ? rows.Dy[unit] : rows.Dy[unit] + rows.FromLater[unit];
        float slope = MathF.FusedMultiplyAdd(-e, e, 1f);
        float dc = rows.FromLater == null ? dh * o * slope : MathF.FusedMultiplyAdd(dh * o, slope, rows.Carry[unit]);
        gates[0] = dc * g * MathF.FusedMultiplyAdd(-i, i, i);
        gates[units] = rows.Previous == null ? 0f : dc * rows.Previous[unit] * MathF.FusedMultiplyAdd(-f, f, f);
        gates[2 * units] = dc * i * MathF.FusedMultiplyAdd(-g, g, 1f);
        gates[3 * units] = dh * e * MathF.FusedMultiplyAdd(-o, o, o);
        rows.Carry[unit] = dc * f;
    }

    /// <summary>One sample's rows of a step; a null as in <see cref="LstmStep"/>.</summary>
    private ref struct BackwardRows
    {
        public int Units;
        public float* Gates;
        public float* Cells;
        public float* Previous;
        public float* Dy;
        public float* FromLater;
        public float* Carry;
    }
}
