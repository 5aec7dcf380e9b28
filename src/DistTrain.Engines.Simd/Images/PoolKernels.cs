using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Images;

/// <summary>The sizes of a pooling.</summary>
internal struct PoolShape(ImageGeometry geometry)
{
    public int Channels = geometry.Channels;
    public int InputHeight = geometry.InputHeight;
    public int InputWidth = geometry.InputWidth;
    public int OutputHeight = geometry.OutputHeight;
    public int OutputWidth = geometry.OutputWidth;
    public int KernelHeight = geometry.Kernel.Height;
    public int KernelWidth = geometry.Kernel.Width;
    public int StrideHeight = geometry.Stride.Height;
    public int StrideWidth = geometry.Stride.Width;
    public int Top = geometry.Top;
    public int Left = geometry.Left;

    public readonly nint InputLength => (nint)InputHeight * InputWidth * Channels;

    public readonly nint OutputLength => (nint)OutputHeight * OutputWidth * Channels;

    /// <summary>The part of a window that lies within the image: rows and columns of the image, and the number of its first tap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly PoolWindow Window(int outputRow, int outputColumn)
    {
        int row = (outputRow * StrideHeight) - Top;
        int column = (outputColumn * StrideWidth) - Left;
        return new PoolWindow
        {
            FirstRow = Math.Max(row, 0), EndRow = Math.Min(row + KernelHeight, InputHeight), FirstColumn = Math.Max(column, 0), EndColumn = Math.Min(column + KernelWidth, InputWidth),
            FirstTap = ((Math.Max(row, 0) - row) * KernelWidth) + Math.Max(column, 0) - column,
        };
    }
}

internal struct PoolWindow
{
    public int FirstRow;
    public int EndRow;
    public int FirstColumn;
    public int EndColumn;
    public int FirstTap;
}

/// <summary>Max and average pooling of images [height, width, channels], vectors along the channels; the last, incomplete vector of channels goes one by one.</summary>
internal static unsafe class PoolKernels<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>y = the largest of each window; winners = the number of its tap within the window, row-major.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Max(in PoolShape shape, float* x, float* y, float* winners)
    {
        for (int row = 0; row < shape.OutputHeight; row++)
        {
            for (int column = 0; column < shape.OutputWidth; column++)
            {
                PoolWindow window = shape.Window(row, column);
                int channel = 0;
                for (; channel <= shape.Channels - TOps.Width; channel += TOps.Width)
                {
                    MaxVector(shape, window, x + channel, y + channel, winners + channel);
                }

                for (; channel < shape.Channels; channel++)
                {
                    MaxElement(shape, window, x + channel, y + channel, winners + channel);
                }

                y += shape.Channels;
                winners += shape.Channels;
            }
        }
    }

    /// <summary>dx += dy at the tap that won each window. With <paramref name="reluOutput"/>, only where that (the pooled outputs) is positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MaxGradient(in PoolShape shape, float* dy, float* winners, float* reluOutput, float* dx)
    {
        TVector zero = TOps.Broadcast(0f);
        for (int row = 0; row < shape.OutputHeight; row++)
        {
            for (int column = 0; column < shape.OutputWidth; column++)
            {
                PoolWindow window = shape.Window(row, column);
                int channel = 0;
                for (; channel <= shape.Channels - TOps.Width; channel += TOps.Width)
                {
                    TVector gradient = TOps.Load(dy + channel);
                    gradient = reluOutput == null ? gradient : TOps.SelectGreater(TOps.Load(reluOutput + channel), zero, gradient, zero);
                    SpreadVector(shape, window, gradient, TOps.Load(winners + channel), dx + channel);
                }

                for (; channel < shape.Channels; channel++)
                {
                    if (reluOutput == null || reluOutput[channel] > 0f)
                    {
                        int tap = (int)winners[channel];
                        int y = (row * shape.StrideHeight) - shape.Top + (tap / shape.KernelWidth);
                        int x = (column * shape.StrideWidth) - shape.Left + (tap % shape.KernelWidth);
                        dx[((((nint)y * shape.InputWidth) + x) * shape.Channels) + channel] += dy[channel];
                    }
                }

                dy += shape.Channels;
                winners += shape.Channels;
                reluOutput = reluOutput == null ? null : reluOutput + shape.Channels;
            }
        }
    }

    /// <summary>y = the sum of each window divided by the size of a whole one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Average(in PoolShape shape, float* x, float* y)
    {
        float area = shape.KernelHeight * shape.KernelWidth;
        for (int row = 0; row < shape.OutputHeight; row++)
        {
            for (int column = 0; column < shape.OutputWidth; column++)
            {
                PoolWindow window = shape.Window(row, column);
                int channel = 0;
                for (; channel <= shape.Channels - TOps.Width; channel += TOps.Width)
                {
                    TOps.Store(TOps.Divide(SumVector(shape, window, x + channel), TOps.Broadcast(area)), y + channel);
                }

                for (; channel < shape.Channels; channel++)
                {
                    y[channel] = SumElement(shape, window, x + channel) / area;
                }

                y += shape.Channels;
            }
        }
    }

    /// <summary>dx += dy divided by the size of a window, at every pixel of each window.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AverageGradient(in PoolShape shape, float* dy, float* dx)
    {
        float area = shape.KernelHeight * shape.KernelWidth;
        for (int row = 0; row < shape.OutputHeight; row++)
        {
            for (int column = 0; column < shape.OutputWidth; column++)
            {
                PoolWindow window = shape.Window(row, column);
                for (int y = window.FirstRow; y < window.EndRow; y++)
                {
                    for (int x = window.FirstColumn; x < window.EndColumn; x++)
                    {
                        AddShare(dy, area, dx + ((((nint)y * shape.InputWidth) + x) * shape.Channels), shape.Channels);
                    }
                }

                dy += shape.Channels;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MaxVector(in PoolShape shape, PoolWindow window, float* x, float* y, float* winners)
    {
        nint first = ((nint)window.FirstRow * shape.InputWidth) + window.FirstColumn;
        TVector best = TOps.Load(x + (first * shape.Channels));
        TVector winner = TOps.Broadcast(window.FirstTap);
        int rowTap = window.FirstTap;
        for (int row = window.FirstRow; row < window.EndRow; row++)
        {
            float* pixel = x + ((((nint)row * shape.InputWidth) + window.FirstColumn) * shape.Channels);
            for (int column = 0; column < window.EndColumn - window.FirstColumn; column++)
            {
                TVector value = TOps.Load(pixel);
                TVector tap = TOps.Broadcast(rowTap + column);
                // A NaN that came first stays; a NaN that comes now wins; else the greater, the first of equals.
                winner = TOps.SelectNaN(best, winner, TOps.SelectNaN(value, tap, TOps.SelectGreater(value, best, tap, winner)));
                best = TOps.SelectNaN(best, best, TOps.SelectNaN(value, value, TOps.SelectGreater(value, best, value, best)));
                pixel += shape.Channels;
            }

            rowTap += shape.KernelWidth;
        }

        TOps.Store(best, y);
        TOps.Store(winner, winners);
    }

    private static void MaxElement(in PoolShape shape, PoolWindow window, float* x, float* y, float* winner)
    {
        *y = x[(((nint)window.FirstRow * shape.InputWidth) + window.FirstColumn) * shape.Channels];
        *winner = window.FirstTap;
        for (int row = window.FirstRow; row < window.EndRow; row++)
        {
            for (int column = window.FirstColumn; column < window.EndColumn; column++)
            {
                float value = x[(((nint)row * shape.InputWidth) + column) * shape.Channels];
                if (!float.IsNaN(*y) && (value > *y || float.IsNaN(value)))
                {
                    *y = value;
                    *winner = window.FirstTap + ((row - window.FirstRow) * shape.KernelWidth) + column - window.FirstColumn;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SpreadVector(in PoolShape shape, PoolWindow window, TVector gradient, TVector winner, float* dx)
    {
        TVector zero = TOps.Broadcast(0f);
        int rowTap = window.FirstTap;
        for (int row = window.FirstRow; row < window.EndRow; row++)
        {
            float* pixel = dx + ((((nint)row * shape.InputWidth) + window.FirstColumn) * shape.Channels);
            for (int column = 0; column < window.EndColumn - window.FirstColumn; column++)
            {
                TVector tap = TOps.Broadcast(rowTap + column);
                TVector share = TOps.SelectGreater(winner, tap, zero, TOps.SelectGreater(tap, winner, zero, gradient));
                TOps.Store(TOps.Add(TOps.Load(pixel), share), pixel);
                pixel += shape.Channels;
            }

            rowTap += shape.KernelWidth;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SumVector(in PoolShape shape, PoolWindow window, float* x)
    {
        TVector sum = TOps.Broadcast(0f);
        for (int row = window.FirstRow; row < window.EndRow; row++)
        {
            for (int column = window.FirstColumn; column < window.EndColumn; column++)
            {
                sum = TOps.Add(sum, TOps.Load(x + ((((nint)row * shape.InputWidth) + column) * shape.Channels)));
            }
        }

        return sum;
    }

    private static float SumElement(in PoolShape shape, PoolWindow window, float* x)
    {
        float sum = 0f;
        for (int row = window.FirstRow; row < window.EndRow; row++)
        {
            for (int column = window.FirstColumn; column < window.EndColumn; column++)
            {
                sum += x[(((nint)row * shape.InputWidth) + column) * shape.Channels];
            }
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddShare(float* dy, float area, float* dx, int channels)
    {
        int channel = 0;
        for (; channel <= channels - TOps.Width; channel += TOps.Width)
        {
            TOps.Store(TOps.Add(TOps.Load(dx + channel), TOps.Divide(TOps.Load(dy + channel), TOps.Broadcast(area))), dx + channel);
        }

        for (; channel < channels; channel++)
        {
            dx[channel] += dy[channel] / area;
        }
    }
}
