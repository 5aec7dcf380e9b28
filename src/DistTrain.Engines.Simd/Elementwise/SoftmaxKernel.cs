using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Engines.Simd.Losses;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>softmax of every row, and its gradient y (dy − Σ y dy).</summary>
internal static unsafe class SoftmaxKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <param name="scratch">[2][width rounded up to a multiple of 16].</param>
    public static void Forward(float* x, float* y, int rows, int width, float* scratch)
    {
        int padded = LaneSums.Padded(width);
        for (nint start = 0; start < (nint)rows * width; start += width)
        {
            LossRows.Load(x + start, width, float.NegativeInfinity, scratch);
            SoftmaxRow<TOps, TVector>.Run(scratch, padded, x[start + LaneSums.IndexOfMaximum(x + start, width)]);
            Pointers.Copy(scratch, y + start, width);
        }
    }

    /// <param name="scratch">[2][width rounded up to a multiple of 16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* y, float* dy, float* dx, int rows, int width, float* scratch)
    {
        int padded = LaneSums.Padded(width);
        float* row = scratch;
        float* gradient = scratch + padded;
        for (nint start = 0; start < (nint)rows * width; start += width)
        {
            LossRows.Load(y + start, width, 0f, row);
            LossRows.Load(dy + start, width, 0f, gradient);
            TVector sum = TOps.Broadcast(LaneLoop<TOps, TVector>.SumOfProducts(row, gradient, padded));
            for (int i = 0; i < padded; i += TOps.Width)
            {
                TOps.Store(TOps.Multiply(TOps.Load(row + i), TOps.Subtract(TOps.Load(gradient + i), sum)), row + i);
            }

            Pointers.Copy(row, dx + start, width);
        }
    }
}
