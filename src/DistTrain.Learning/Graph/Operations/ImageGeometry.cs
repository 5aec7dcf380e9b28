using System.Globalization;

namespace DistTrain.Learning.Graph;

/// <summary>Rows and columns of a kernel or a stride, at least 1 each; written <c>5</c> or <c>5x3</c>.</summary>
public readonly record struct ImageSize(int Height, int Width)
{
    private const int Longest = 4_096;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Height}x{Width}");

    /// <summary>Reads <c>5</c> or <c>5x3</c> (height first).</summary>
    public static bool TryParse(string text, out ImageSize size)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('x');
        var height = 0;
        var width = 0;
        var isSize = parts.Length <= 2 && IsLength(parts[0], out height) && IsLength(parts[^1], out width);
        size = new ImageSize(height, width);
        return isSize;
    }

    private static bool IsLength(string text, out int length) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length is >= 1 and <= Longest;
}

/// <summary>What surrounds an image before a kernel passes over it.</summary>
public abstract record ImagePadding
{
    /// <summary>Reads <c>valid</c> (none), <c>same</c>, or a number of pixels.</summary>
    public static bool TryParse(string text, out ImagePadding padding)
    {
        padding = text == "same" ? new SamePadding() : new FixedPadding(0);
        if (text is "same" or "valid")
        {
            return true;
        }

        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pixels);
        padding = new FixedPadding(pixels);
        return isNumber;
    }

    /// <summary>Pixels in front of and behind an axis.</summary>
    internal abstract (int Before, int After) Along(int length, int kernel, int stride);
}

/// <summary>As many pixels on all four sides.</summary>
public sealed record FixedPadding(int Pixels) : ImagePadding
{
    internal override (int Before, int After) Along(int length, int kernel, int stride) => (Pixels, Pixels);
}

/// <summary>
/// So many that the output is ⌈length / stride⌉ long, an odd one at the bottom or on the right: PyTorch's <c>padding='same'</c> at stride 1, TensorFlow's rule at any stride.
/// </summary>
public sealed record SamePadding : ImagePadding
{
    internal override (int Before, int After) Along(int length, int kernel, int stride)
    {
        var outputs = (length + stride - 1) / stride;
        var total = Math.Max(0, ((outputs - 1) * stride) + kernel - length);
        return (total / 2, total - (total / 2));
    }
}

/// <summary>
/// Where a kernel stands on an image: output pixel (y, x) covers the input rows y·StrideHeight − Top + (0 … KernelHeight − 1) and the columns x·StrideWidth − Left + (0 … KernelWidth − 1).
/// An axis of n pixels gives ⌊(n + padding − kernel) / stride⌋ + 1 outputs. Images are [height, width, channels]; [height, width] counts as one channel.
/// </summary>
public sealed record ImageGeometry
{
    private ImageGeometry()
    {
    }

    public int InputHeight { get; private init; }

    public int InputWidth { get; private init; }

    public int Channels { get; private init; }

    public int OutputHeight { get; private init; }

    public int OutputWidth { get; private init; }

    public ImageSize Kernel { get; private init; }

    public ImageSize Stride { get; private init; }

    public int Top { get; private init; }

    public int Bottom { get; private init; }

    public int Left { get; private init; }

    public int Right { get; private init; }

    /// <param name="kind">What messages call the layer.</param>
    /// <param name="input">Shape of one sample.</param>
    /// <exception cref="InvalidInputException">The input is no image, the padding is not smaller than the kernel, or the kernel is larger than the padded input; the message names both shapes.</exception>
    public static ImageGeometry Create(string kind, TensorShape input, ImageSize kernel, ImageSize stride, ImagePadding padding)
    {
        ArgumentNullException.ThrowIfNull(padding);
        CheckImage(kind, input);
        if (padding is FixedPadding { Pixels: var pixels } && pixels > 0 && pixels >= Math.Min(kernel.Height, kernel.Width))
        {
            throw new InvalidInputException($"a {kind} layer's padding of {pixels} must be smaller than its kernel of {kernel}: some outputs would see no pixel of the input");
        }

        var (height, width) = (input[0], input[1]);
        var (top, bottom) = padding.Along(height, kernel.Height, stride.Height);
        var (left, right) = padding.Along(width, kernel.Width, stride.Width);
        var (paddedHeight, paddedWidth) = ((long)height + top + bottom, (long)width + left + right);
        if (kernel.Height > paddedHeight || kernel.Width > paddedWidth)
        {
            var padded = top + bottom + left + right == 0 ? "" : $", which is {paddedHeight}x{paddedWidth} with its padding";
            throw new InvalidInputException($"a {kind} layer's kernel of {kernel} is larger than its input of shape {input}{padded}: make the kernel smaller or use padding: same");
        }

        return new ImageGeometry
        {
            InputHeight = height, InputWidth = width, Channels = ChannelsOf(input), Kernel = kernel, Stride = stride, Top = top, Bottom = bottom, Left = left, Right = right,
            OutputHeight = (int)((paddedHeight - kernel.Height) / stride.Height) + 1,
            OutputWidth = (int)((paddedWidth - kernel.Width) / stride.Width) + 1,
        };
    }

    /// <summary>The kernel that covers the whole image once.</summary>
    /// <exception cref="InvalidInputException">The input is no image.</exception>
    public static ImageGeometry Whole(string kind, TensorShape input)
    {
        CheckImage(kind, input);
        return Create(kind, input, new ImageSize(input[0], input[1]), new ImageSize(1, 1), new FixedPadding(0));
    }

    private static int ChannelsOf(TensorShape input) => input.Rank == 2 ? 1 : input[2];

    private static void CheckImage(string kind, TensorShape input)
    {
        if (input.Rank is not (2 or 3))
        {
            throw new InvalidInputException($"a {kind} layer needs images of shape [height, width] or [height, width, channels], but gets shape {input}");
        }
    }
}
