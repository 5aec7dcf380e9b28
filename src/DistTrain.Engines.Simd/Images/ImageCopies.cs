using System.Runtime.CompilerServices;

namespace DistTrain.Engines.Simd.Images;

/// <summary>A sample's image with its padding, one group's channels at a time. Nothing is computed here.</summary>
internal static unsafe class ImageCopies
{
    /// <summary>destination [padded height, padded width, group's channels] = the group's channels of image [height, width, channels], zeros around it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pad(ConvolutionShape shape, float* image, int group, float* destination)
    {
        int channels = shape.Geometry.Channels;
        int width = shape.Geometry.InputWidth;
        int own = shape.GroupChannels;
        int rowLength = shape.PaddedWidth * own;
        int left = shape.Geometry.Left * own;
        int right = shape.Geometry.Right * own;
        new Span<float>(destination, shape.Geometry.Top * rowLength).Clear();
        destination += shape.Geometry.Top * rowLength;
        for (int row = 0; row < shape.Geometry.InputHeight; row++)
        {
            float* source = image + ((nint)row * width * channels) + (group * own);
            new Span<float>(destination, left).Clear();
            CopyPixels(source, channels, width, own, destination + left, own);
            new Span<float>(destination + left + (width * own), right).Clear();
            destination += rowLength;
        }

        new Span<float>(destination, shape.Geometry.Bottom * rowLength).Clear();
    }

    /// <summary>The group's channels of image [height, width, channels] = the inner part of source [padded height, padded width, gradient channels].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpad(ConvolutionShape shape, float* source, int group, float* image)
    {
        int channels = shape.Geometry.Channels;
        int width = shape.Geometry.InputWidth;
        for (int row = 0; row < shape.Geometry.InputHeight; row++)
        {
            float* from = source + ((((nint)(row + shape.Geometry.Top) * shape.PaddedWidth) + shape.Geometry.Left) * shape.GradientChannels);
            CopyPixels(from, shape.GradientChannels, width, shape.GroupChannels, image + ((nint)row * width * channels) + (group * shape.GroupChannels), channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPixels(float* source, int sourceStride, int pixels, int channels, float* destination, int destinationStride)
    {
        if (sourceStride == channels && destinationStride == channels)
        {
            new ReadOnlySpan<float>(source, pixels * channels).CopyTo(new Span<float>(destination, pixels * channels));
            return;
        }

        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                destination[channel] = source[channel];
            }

            source += sourceStride;
            destination += destinationStride;
        }
    }
}
