using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Norms;

/// <summary>
/// The passes of <see cref="Learning.Graph.BatchNormOperation"/> over the rows of one micro-batch: row after row, vectors across columns, so that each column is summed in order of rows.
/// </summary>
internal static unsafe class BatchNormKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>sums[column] = Σ x, from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(float* x, nint rows, int columns, float* sums)
    {
        new Span<float>(sums, columns).Clear();
        int whole = columns - (columns % TOps.Width);
        for (nint row = 0; row < rows; row++, x += columns)
        {
            for (int column = 0; column < whole; column += TOps.Width)
            {
                TOps.Store(TOps.Add(TOps.Load(sums + column), TOps.Load(x + column)), sums + column);
            }

            for (int column = whole; column < columns; column++)
            {
                sums[column] += x[column];
            }
        }
    }

    /// <summary>sums[column] = Σ (x − mean)², from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumOfSquares(float* x, nint rows, int columns, float* mean, float* sums)
    {
        new Span<float>(sums, columns).Clear();
        int whole = columns - (columns % TOps.Width);
        for (nint row = 0; row < rows; row++, x += columns)
        {
            for (int column = 0; column < whole; column += TOps.Width)
            {
                TVector difference = TOps.Subtract(TOps.Load(x + column), TOps.Load(mean + column));
                TOps.Store(TOps.FusedMultiplyAdd(difference, difference, TOps.Load(sums + column)), sums + column);
            }

            for (int column = whole; column < columns; column++)
            {
                float difference = x[column] - mean[column];
                sums[column] = MathF.FusedMultiplyAdd(difference, difference, sums[column]);
            }
        }
    }

    /// <summary>y = fma((x − mean)·inverse, γ, β).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(in NormRows norm)
    {
        int columns = norm.Columns;
        int whole = columns - (columns % TOps.Width);
        float* x = norm.X;
        float* y = norm.Y;
        for (nint row = 0; row < norm.Rows; row++, x += columns, y += columns)
        {
            for (int column = 0; column < whole; column += TOps.Width)
            {
                TVector normalized = TOps.Multiply(TOps.Subtract(TOps.Load(x + column), TOps.Load(norm.Mean + column)), TOps.Load(norm.Inverse + column));
                TOps.Store(TOps.FusedMultiplyAdd(normalized, TOps.Load(norm.Weight + column), TOps.Load(norm.Bias + column)), y + column);
            }

            for (int column = whole; column < columns; column++)
            {
                y[column] = MathF.FusedMultiplyAdd((x[column] - norm.Mean[column]) * norm.Inverse[column], norm.Weight[column], norm.Bias[column]);
            }
        }
    }

    /// <summary>dγ[column] = Σ dy·x̂ and dβ[column] = Σ dy, from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumGradients(in NormRows norm)
    {
        int columns = norm.Columns;
        int whole = columns - (columns % TOps.Width);
        float* x = norm.X;
        float* dy = norm.Dy;
        new Span<float>(norm.WeightGradient, columns).Clear();
        new Span<float>(norm.BiasGradient, columns).Clear();
        for (nint row = 0; row < norm.Rows; row++, x += columns, dy += columns)
        {
            for (int column = 0; column < whole; column += TOps.Width)
            {
                TVector gradient = TOps.Load(dy + column);
                TVector normalized = TOps.Multiply(TOps.Subtract(TOps.Load(x + column), TOps.Load(norm.Mean + column)), TOps.Load(norm.Inverse + column));
                TOps.Store(TOps.FusedMultiplyAdd(gradient, normalized, TOps.Load(norm.WeightGradient + column)), norm.WeightGradient + column);
                TOps.Store(TOps.Add(TOps.Load(norm.BiasGradient + column), gradient), norm.BiasGradient + column);
            }

            for (int column = whole; column < columns; column++)
            {
                float normalized = (x[column] - norm.Mean[column]) * norm.Inverse[column];
                norm.WeightGradient[column] = MathF.FusedMultiplyAdd(dy[column], normalized, norm.WeightGradient[column]);
                norm.BiasGradient[column] += dy[column];
            }
        }
    }

    /// <summary>dx = scale · fma(−x̂, slope, dy − shift).</summary>
    /// <param name="scale">[columns] γ·r.</param>
    /// <param name="slope">[columns] dγ / N.</param>
    /// <param name="shift">[columns] dβ / N.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InputGradient(in NormRows norm, float* scale, float* slope, float* shift)
    {
        int columns = norm.Columns;
        int whole = columns - (columns % TOps.Width);
        float* x = norm.X;
        float* dy = norm.Dy;
        float* dx = norm.Dx;
        for (nint row = 0; row < norm.Rows; row++, x += columns, dy += columns, dx += columns)
        {
            for (int column = 0; column < whole; column += TOps.Width)
            {
                TVector normalized = TOps.Multiply(TOps.Subtract(TOps.Load(x + column), TOps.Load(norm.Mean + column)), TOps.Load(norm.Inverse + column));
                TVector centred = TOps.FusedMultiplyAdd(TOps.Negate(normalized), TOps.Load(slope + column), TOps.Subtract(TOps.Load(dy + column), TOps.Load(shift + column)));
                TOps.Store(TOps.Multiply(TOps.Load(scale + column), centred), dx + column);
            }

            for (int column = whole; column < columns; column++)
            {
                float normalized = (x[column] - norm.Mean[column]) * norm.Inverse[column];
                dx[column] = scale[column] * MathF.FusedMultiplyAdd(-normalized, slope[column], dy[column] - shift[column]);
            }
        }
    }
}
