using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Cli.Configuration;

/// <summary>A number of bytes as people write it: <c>2GiB</c>, <c>512MiB</c>, <c>64KiB</c> or <c>1000000</c>.</summary>
internal static class ByteSize
{
    private static readonly ImmutableArray<(string Unit, long Bytes)> Units = [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("", 1)];

    /// <exception cref="InvalidValueException">It is not such a number, or it is 0.</exception>
    public static long Parse(string text)
    {
        var (unit, bytes) = Units.First(unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        var isNumber = decimal.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count);
        return isNumber && count <= long.MaxValue / bytes && count * bytes >= 1
            ? (long)(count * bytes)
            : throw new InvalidValueException($"must be a size such as 512MiB or 2GiB, but is '{text}'");
    }

    /// <summary>In the largest unit in which it is a whole number.</summary>
    public static string Format(long bytes)
    {
        var (unit, size) = Units.First(unit => bytes % unit.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{unit}");
    }
}
