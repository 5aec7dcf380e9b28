using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

internal sealed class ReferenceConv2d<T, TArithmetic>(Conv2dOperation operation) : ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    private int Filters => operation.Filters;

    public override T[] Forward(ReferenceNode<T> node)
    {
        var geometry = operation.Geometry(node.InputShapes[0]);
        var (x, weight) = (node.Inputs[0], node.Parameters[0]);
        var channels = geometry.Channels / operation.Groups;
        var y = new T[node.SampleCount * geometry.OutputHeight * geometry.OutputWidth * Filters];
        var next = 0;
        for (var sample = 0; sample < node.SampleCount; sample++)
        {
            for (var oy = 0; oy < geometry.OutputHeight; oy++)
            {
                for (var ox = 0; ox < geometry.OutputWidth; ox++)
                {
                    for (var filter = 0; filter < Filters; filter++)
                    {
                        var sum = T.Zero;
                        for (var tap = 0; tap < weight.Length / Filters; tap++)
                        {
                            var pixel = Pixel(geometry, sample, oy, ox, tap / channels);
                            var value = pixel < 0 ? T.Zero : x[(pixel * geometry.Channels) + FirstChannel(channels, filter) + (tap % channels)];
                            sum = T.FusedMultiplyAdd(value, weight[(tap * Filters) + filter], sum);
                        }

                        y[next++] = operation.HasBias ? sum + node.Parameters[1][filter] : sum;
                    }
                }
            }
        }

        return y;
    }

    public override T[][] InputGradients(ReferenceNode<T> node, T[] dy)
    {
        var geometry = operation.Geometry(node.InputShapes[0]);
        var weight = node.Parameters[0];
        var channels = geometry.Channels / operation.Groups;
        var dx = new T[node.Inputs[0].Length];
        ForEachGradient(geometry, dy, 0, node.SampleCount, (sample, oy, ox, filter, gradient) =>
        {
            for (var tap = 0; tap < weight.Length / Filters; tap++)
            {
                var pixel = Pixel(geometry, sample, oy, ox, tap / channels);
                if (pixel >= 0)
                {
                    ref var sum = ref dx[(pixel * geometry.Channels) + FirstChannel(channels, filter) + (tap % channels)];
                    sum = T.FusedMultiplyAdd(gradient, weight[(tap * Filters) + filter], sum);
                }
            }
        });
        return [dx];
    }

    public override T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end)
    {
        var geometry = operation.Geometry(node.InputShapes[0]);
        var x = node.Inputs[0];
        var channels = geometry.Channels / operation.Groups;
        var weight = new T[node.Parameters[0].Length];
        var bias = new T[Filters];
        ForEachGradient(geometry, dy, first, end, (sample, oy, ox, filter, gradient) =>
        {
            for (var tap = 0; tap < weight.Length / Filters; tap++)
            {
                var pixel = Pixel(geometry, sample, oy, ox, tap / channels);
                var value = pixel < 0 ? T.Zero : x[(pixel * geometry.Channels) + FirstChannel(channels, filter) + (tap % channels)];
                ref var sum = ref weight[(tap * Filters) + filter];
                sum = T.FusedMultiplyAdd(value, gradient, sum);
            }

            bias[filter] += gradient;
        });
        return operation.HasBias ? [weight, bias] : [weight];
    }

    /// <summary>Calls <paramref name="add"/> with (sample, oy, ox, filter, gradient) for the outputs of samples [first, end) in order, those with a gradient of zero left out.</summary>
    private void ForEachGradient(ImageGeometry geometry, T[] dy, int first, int end, Action<int, int, int, int, T> add)
    {
        var next = first * geometry.OutputHeight * geometry.OutputWidth * Filters;
        for (var sample = first; sample < end; sample++)
        {
            for (var oy = 0; oy < geometry.OutputHeight; oy++)
            {
                for (var ox = 0; ox < geometry.OutputWidth; ox++)
                {
                    for (var filter = 0; filter < Filters; filter++)
                    {
                        var gradient = dy[next++];
                        if (gradient != T.Zero)
                        {
                            add(sample, oy, ox, filter, gradient);
                        }
                    }
                }
            }
        }
    }

    private int FirstChannel(int channels, int filter) => filter / (Filters / operation.Groups) * channels;

    /// <summary>Index among all samples' pixels of the one under a tap (ky · kernel width + kx) of an output's kernel; −1 outside the image.</summary>
    private static int Pixel(ImageGeometry geometry, int sample, int oy, int ox, int tap)
    {
        var iy = (oy * geometry.Stride.Height) - geometry.Top + (tap / geometry.Kernel.Width);
        var ix = (ox * geometry.Stride.Width) - geometry.Left + (tap % geometry.Kernel.Width);
        var isInside = iy >= 0 && iy < geometry.InputHeight && ix >= 0 && ix < geometry.InputWidth;
        return isInside ? (((sample * geometry.InputHeight) + iy) * geometry.InputWidth) + ix : -1;
    }
}
