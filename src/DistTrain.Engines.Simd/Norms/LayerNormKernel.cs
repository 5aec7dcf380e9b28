using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Engines.Simd.Losses;

namespace DistTrain.Engines.Simd.Norms;

/// <summary>The passes of <see cref="Learning.Graph.LayerNormOperation"/>; sums along a row have 16 lanes.</summary>
internal static unsafe class LayerNormKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>Fills mean, inverse and y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(in NormRows norm, float epsilon)
    {
        int columns = norm.Columns;
        int whole = columns - (columns % TOps.Width);
        float* x = norm.X;
        float* y = norm.Y;
        for (nint row = 0; row < norm.Rows; row++, x += columns, y += columns)
        {
            float mean = Sum(x, columns) / columns;
            float inverse = 1f / MathF.Sqrt((SumOfSquares(x, mean, columns) / columns) + epsilon);
            norm.Mean[row] = mean;
            norm.Inverse[row] = inverse;
            TVector means = TOps.Broadcast(mean);
            TVector inverses = TOps.Broadcast(inverse);
            for (int column = 0; column < whole; column += TOps.Width)
            {
                TVector normalized = TOps.Multiply(TOps.Subtract(TOps.Load(x + column), means), inverses);
                TOps.Store(TOps.FusedMultiplyAdd(normalized, TOps.Load(norm.Weight + column), TOps.Load(norm.Bias + column)), y + column);
            }

            for (int column = whole; column < columns; column++)
            {
                y[column] = MathF.FusedMultiplyAdd((x[column] - mean) * inverse, norm.Weight[column], norm.Bias[column]);
            }
        }
    }

    /// <summary>Adds to dγ and dβ row by row, and writes dx where it is wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(in NormRows norm)
    {
        int columns = norm.Columns;
        new Span<float>(norm.WeightGradient, columns).Clear();
        new Span<float>(norm.BiasGradient, columns).Clear();
        float* x = norm.X;
        float* dy = norm.Dy;
        float* dx = norm.Dx;
        for (nint row = 0; row < norm.Rows; row++, x += columns, dy += columns)
        {
            (float sum, float products) = AddRow(norm, x, dy, norm.Mean[row], norm.Inverse[row]);
            if (norm.Dx != null)
            {
                InputGradient(norm, x, dy, dx, norm.Mean[row], norm.Inverse[row], sum / columns, products / columns);
                dx += columns;
            }
        }
    }

    /// <summary>One row into dγ and dβ; with g = dy·γ its Σ g and Σ g·x̂.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Sum, float Products) AddRow(in NormRows norm, float* x, float* dy, float mean, float inverse)
    {
        int columns = norm.Columns;
        int whole = columns - (columns % TOps.Width);
        float* lanes = stackalloc float[2 * LaneSums.LaneCount];
        float* products = lanes + LaneSums.LaneCount;
        new Span<float>(lanes, 2 * LaneSums.LaneCount).Clear();
        TVector means = TOps.Broadcast(mean);
        TVector inverses = TOps.Broadcast(inverse);
        for (int column = 0; column < whole; column += TOps.Width)
        {
            int lane = column % LaneSums.LaneCount;
            TVector gradient = TOps.Load(dy + column);
            TVector normalized = TOps.Multiply(TOps.Subtract(TOps.Load(x + column), means), inverses);
            TVector weighted = TOps.Multiply(gradient, TOps.Load(norm.Weight + column));
            TOps.Store(TOps.Add(TOps.Load(lanes + lane), weighted), lanes + lane);
            TOps.Store(TOps.FusedMultiplyAdd(weighted, normalized, TOps.Load(products + lane)), products + lane);
            TOps.Store(TOps.FusedMultiplyAdd(gradient, normalized, TOps.Load(norm.WeightGradient + column)), norm.WeightGradient + column);
            TOps.Store(TOps.Add(TOps.Load(norm.BiasGradient + column), gradient), norm.BiasGradient + column);
        }

        for (int column = whole; column < columns; column++)
        {
            int lane = column % LaneSums.LaneCount;
            float normalized = (x[column] - mean) * inverse;
            float weighted = dy[column] * norm.Weight[column];
            lanes[lane] += weighted;
            products[lane] = MathF.FusedMultiplyAdd(weighted, normalized, products[lane]);
            norm.WeightGradient[column] = MathF.FusedMultiplyAdd(dy[column], normalized, norm.WeightGradient[column]);
            norm.BiasGradient[column] += dy[column];
        }

        return (LaneSums.AddLanes(lanes), LaneSums.AddLanes(products));
    }

    /// <summary>dx = inverse · fma(−x̂, slope, g − shift).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InputGradient(in NormRows norm, float* x, float* dy, float* dx, float mean, float inverse, float shift, float slope)
    {
        int columns = norm.Columns;
        int whole = columns - (columns % TOps.Width);
        TVector means = TOps.Broadcast(mean);
        TVector inverses = TOps.Broadcast(inverse);
        TVector shifts = TOps.Broadcast(shift);
        TVector slopes = TOps.Broadcast(slope);
        for (int column = 0; column < whole; column += TOps.Width)
        {
            TVector normalized = TOps.Multiply(TOps.Subtract(TOps.Load(x + column), means), inverses);
            TVector weighted = TOps.Multiply(TOps.Load(dy + column), TOps.Load(norm.Weight + column));
            TVector centred = TOps.FusedMultiplyAdd(TOps.Negate(normalized), slopes, TOps.Subtract(weighted, shifts));
            TOps.Store(TOps.Multiply(inverses, centred), dx + column);
        }

        for (int column = whole; column < columns; column++)
        {
            float normalized = (x[column] - mean) * inverse;
            dx[column] = inverse * MathF.FusedMultiplyAdd(-normalized, slope, (dy[column] * norm.Weight[column]) - shift);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* x, int columns)
    {
        float* lanes = stackalloc float[LaneSums.LaneCount];
        new Span<float>(lanes, LaneSums.LaneCount).Clear();
        int whole = columns - (columns % TOps.Width);
        for (int column = 0; column < whole; column += TOps.Width)
        {
            int lane = column % LaneSums.LaneCount;
            TOps.Store(TOps.Add(TOps.Load(lanes + lane), TOps.Load(x + column)), lanes + lane);
        }

        for (int column = whole; column < columns; column++)
        {
            lanes[column % LaneSums.LaneCount] += x[column];
        }

        return LaneSums.AddLanes(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(float* x, float mean, int columns)
    {
        float* lanes = stackalloc float[LaneSums.LaneCount];
        new Span<float>(lanes, LaneSums.LaneCount).Clear();
        TVector means = TOps.Broadcast(mean);
        int whole = columns - (columns % TOps.Width);
        for (int column = 0; column < whole; column += TOps.Width)
        {
            int lane = column % LaneSums.LaneCount;
            TVector difference = TOps.Subtract(TOps.Load(x + column), means);
            TOps.Store(TOps.FusedMultiplyAdd(difference, difference, TOps.Load(lanes + lane)), lanes + lane);
        }

        for (int column = whole; column < columns; column++)
        {
            float difference = x[column] - mean;
            lanes[column % LaneSums.LaneCount] = MathF.FusedMultiplyAdd(difference, difference, lanes[column % LaneSums.LaneCount]);
        }

        return LaneSums.AddLanes(lanes);
    }
}
