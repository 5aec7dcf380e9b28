using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Cli.Configuration;

/// <summary>Bandwidths and delays as people write them.</summary>
internal static class NetworkUnits
{
    public const string Unlimited = "unlimited";

    /// <summary>Longer units before those that they end in. Bits count in thousands, and so do bytes.</summary>
    private static readonly ImmutableArray<(string Unit, double BytesPerSecond)> Rates =
    [
        ("kbit", 1e3 / 8), ("Mbit", 1e6 / 8), ("Gbit", 1e9 / 8), ("Tbit", 1e12 / 8), ("bit", 1.0 / 8), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9),
    ];

    private static readonly ImmutableArray<(string Unit, double Seconds)> Times = [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1)];

    /// <summary>Bytes a second of <c>10Gbit</c>, <c>100Mbit/s</c>, <c>1.25GB</c> or <c>unlimited</c>.</summary>
    /// <exception cref="InvalidValueException">It is none.</exception>
    public static double Bandwidth(string text)
    {
        if (text == Unlimited)
        {
            return double.PositiveInfinity;
        }

        var rate = text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text;
        return Read(rate, Rates) is { } value and > 0 ? value : throw new InvalidValueException($"must be a bandwidth such as 10Gbit, 800Mbit/s, 125MB or {Unlimited}, but is '{text}'");
    }

    /// <summary>Seconds of <c>50us</c>, <c>0.5ms</c>, <c>1s</c> or <c>0</c>.</summary>
    /// <exception cref="InvalidValueException">It is none.</exception>
    public static double Latency(string text) => text == "0"
        ? 0
        : Read(text, Times) is { } value and <= 3600 ? value : throw new InvalidValueException($"must be a time such as 50us, 0.5ms or 0, but is '{text}'");

    private static double? Read(string text, ImmutableArray<(string Unit, double Scale)> units)
    {
        var (unit, scale) = units.FirstOrDefault(known => text.EndsWith(known.Unit, StringComparison.Ordinal));
        return unit is not null && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && double.IsFinite(count)
            ? count * scale
            : null;
    }
}
