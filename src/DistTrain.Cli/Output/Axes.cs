using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Cli.Output;

/// <summary>Where values lie on a drawing.</summary>
/// <param name="First">The value at the beginning of the axis; above 0 where it is logarithmic.</param>
/// <param name="Last">At its end; above the first.</param>
/// <param name="From">Pixel of the first value.</param>
/// <param name="To">Pixel of the last value.</param>
internal sealed record Axis(double First, double Last, double From, double To, bool IsLogarithmic)
{
    public double At(double value)
    {
        var share = IsLogarithmic ? Math.Log(value / First) / Math.Log(Last / First) : (value - First) / (Last - First);
        return From + (Math.Clamp(share, 0, 1) * (To - From));
    }

    /// <summary>Powers of ten around all values.</summary>
    public static Axis Decades(double least, double most, double from, double to) =>
        new(Math.Pow(10, Math.Floor(Math.Log10(least))), Math.Pow(10, Math.Max(Math.Ceiling(Math.Log10(most)), Math.Floor(Math.Log10(least)) + 1)), from, to, IsLogarithmic: true);

    public IEnumerable<double> DecadeMarks()
    {
        for (var mark = First; mark <= Last * 1.001; mark *= 10)
        {
            yield return mark;
        }
    }
}

/// <summary>Figures that are short enough to stand at an axis.</summary>
internal static class AxisText
{
    private static readonly ImmutableArray<(double Scale, string Letter)> Letters = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")];

    /// <summary>Such as <c>20k</c>.</summary>
    public static string Short(double value)
    {
        var (scale, letter) = Letters.FirstOrDefault(known => value >= known.Scale, (1, ""));
        return (value / scale).ToString("0.##", CultureInfo.InvariantCulture) + letter;
    }

    /// <summary>Seconds in the unit that suits them, in three digits.</summary>
    public static string Seconds(double seconds) => seconds switch
    {
        >= 1 => Digits(seconds) + " s",
        >= 1e-3 => Digits(seconds * 1e3) + " ms",
        _ => Digits(seconds * 1e6) + " us",
    };

    private static string Digits(double value) => value.ToString(value >= 100 ? "F0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);
}
