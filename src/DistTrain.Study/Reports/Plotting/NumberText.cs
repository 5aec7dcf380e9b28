using System.Globalization;

namespace DistTrain.Study.Reports.Plotting;

/// <summary>Numbers as people read them, the same on every machine.</summary>
public static class NumberText
{
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    /// <summary>Short enough to stand at an axis: <c>0.05</c>, <c>20k</c>, <c>10⁻⁵</c>.</summary>
    public static string OfAxis(double value)
    {
        var size = Math.Abs(value);
        return size switch
        {
            0 => "0",
            < 0.9995e-3 or >= 1e12 => Power(value),
            >= 1e9 => Digits(value / 1e9, 4) + "G",
            >= 1e6 => Digits(value / 1e6, 4) + "M",
            >= 1e3 => Digits(value / 1e3, 4) + "k",
            _ => Digits(value, 4),
        };
    }

    /// <summary>In so many significant digits, thousands separated: <c>1,230</c>, <c>0.0123</c>, <c>1.2·10⁻⁵</c>. Digits before the point are never rounded away.</summary>
    public static string Figure(double value, int digits = 3)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "not a number" : value > 0 ? "infinite" : "minus infinite";
        }

        var size = Math.Abs(value);
        return size switch
        {
            0 => "0",
            < 0.9995e-4 or >= 1e15 => Power(value),
            _ => Digits(value, digits),
        };
    }

    /// <summary>Such as <c>1,230</c>.</summary>
    public static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share between 0 and 1, such as <c>2.35 %</c>, with a space that no line is broken at.</summary>
    public static string Percent(double share) => (share * 100).ToString("0.00", CultureInfo.InvariantCulture) + "\u00a0%";

    /// <summary>In the unit that suits them.</summary>
    public static string Seconds(double seconds) => seconds switch
    {
        >= 7200 => Figure(seconds / 3600) + "\u00a0h",
        >= 300 => Figure(seconds / 60) + "\u00a0min",
        >= 1 or <= 0 => Figure(seconds) + "\u00a0s",
        >= 1e-3 => Figure(seconds * 1e3) + "\u00a0ms",
        _ => Figure(seconds * 1e6) + "\u00a0µs",
    };

    /// <summary>All digits, for programs: reading it gives the same number again.</summary>
    public static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Likewise; empty for none.</summary>
    public static string Exact(double? value) => value is double number ? Exact(number) : "";

    /// <summary>Likewise.</summary>
    public static string Exact(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    /// <summary>The fingerprint's first digits, without the name of its algorithm; enough to tell it from others by eye.</summary>
    public static string ShortHash(string hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        var digits = hash[(hash.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return digits[..Math.Min(12, digits.Length)];
    }

    /// <summary>With its noun, which takes an s beyond one: <c>1 step</c>, <c>2,000 steps</c>.</summary>
    public static string Count(long count, string noun) => $"{Whole(count)} {noun}{(count == 1 ? "" : "s")}";

    private static string Digits(double value, int digits)
    {
        var exponent = value == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Abs(value)));
        var decimals = Math.Clamp(digits - 1 - exponent, 0, 12);
        return Math.Round(value, decimals).ToString("#,0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }

    private static string Power(double value)
    {
        var exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        var mantissa = Math.Round(value / Math.Pow(10, exponent), 2);
        if (Math.Abs(mantissa) >= 10)
        {
            exponent++;
            mantissa /= 10;
        }

        var digits = string.Concat(Math.Abs(exponent).ToString(CultureInfo.InvariantCulture).Select(digit => Superscripts[digit - '0']));
        var power = $"10{(exponent < 0 ? "⁻" : "")}{digits}";
        return mantissa switch
        {
            1 => power,
            -1 => "-" + power,
            _ => mantissa.ToString("0.##", CultureInfo.InvariantCulture) + "·" + power,
        };
    }
}
