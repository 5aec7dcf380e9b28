using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>What all poolings share: for each output the elements of its window.</summary>
internal abstract class ReferencePool<T, TArithmetic>(PoolOperation operation) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public sealed override T[] Forward(ReferenceNode<T> node)
    {
        var (x, area) = (node.Inputs[0], Area(node));
        return [.. Windows(node).Select(window => Value(window, x, area))];
    }

    public sealed override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var (x, area) = (node.Inputs[0], Area(node));
        var dx = new T[x.Length];
        foreach (var (window, gradient) in Windows(node).Zip(dy))
        {
            AddGradient(window, x, gradient, area, dx);
        }

        return [dx];
    }

    /// <param name="window">Indices of its elements within the image, in row-major order.</param>
    /// <param name="area">Number of elements of a whole window.</param>
    protected abstract T Value(List<int> window, T[] x, T area);

    /// <summary>Adds to <paramref name="dx"/> what an output's gradient sends to its window.</summary>
    protected abstract void AddGradient(List<int> window, T[] x, T gradient, T area, T[] dx);

    private T Area(ReferenceNode<T> node)
    {
        var kernel = operation.Geometry(node.InputShapes[0]).Kernel;
        return T.CreateChecked(kernel.Height * kernel.Width);
    }

    private IEnumerable<List<int>> Windows(ReferenceNode<T> node)
    {
        var geometry = operation.Geometry(node.InputShapes[0]);
        for (var sample = 0; sample < node.SampleCount; sample++)
        {
            for (var oy = 0; oy < geometry.OutputHeight; oy++)
            {
                for (var ox = 0; ox < geometry.OutputWidth; ox++)
                {
                    for (var channel = 0; channel < geometry.Channels; channel++)
                    {
                        yield return Window(geometry, sample, oy, ox, channel);
                    }
                }
            }
        }
    }

    private static List<int> Window(ImageGeometry geometry, int sample, int oy, int ox, int channel)
    {
        var elements = new List<int>();
        for (var tap = 0; tap < geometry.Kernel.Height * geometry.Kernel.Width; tap++)
        {
            var iy = (oy * geometry.Stride.Height) - geometry.Top + (tap / geometry.Kernel.Width);
            var ix = (ox * geometry.Stride.Width) - geometry.Left + (tap % geometry.Kernel.Width);
            if (iy >= 0 && iy < geometry.InputHeight && ix >= 0 && ix < geometry.InputWidth)
            {
                elements.Add((((((sample * geometry.InputHeight) + iy) * geometry.InputWidth) + ix) * geometry.Channels) + channel);
            }
        }

        return elements;
    }
}

internal sealed class ReferenceMaxPool<T, TArithmetic>(PoolOperation operation) : ReferencePool<T, TArithmetic>(operation)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    protected override T Value(List<int> window, T[] x, T area) => x[Winner(window, x)];

    protected override void AddGradient(List<int> window, T[] x, T gradient, T area, T[] dx) => dx[Winner(window, x)] += gradient;

    private static int Winner(List<int> window, T[] x) => window[ReferenceSums.IndexOfMaximum<T>(window.Select(element => x[element]).ToArray())];
}

internal sealed class ReferenceAveragePool<T, TArithmetic>(PoolOperation operation) : ReferencePool<T, TArithmetic>(operation)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    protected override T Value(List<int> window, T[] x, T area) => window.Aggregate(T.Zero, (sum, element) => sum + x[element]) / area;

    protected override void AddGradient(List<int> window, T[] x, T gradient, T area, T[] dx)
    {
        foreach (var element in window)
        {
            dx[element] += gradient / area;
        }
    }
}
