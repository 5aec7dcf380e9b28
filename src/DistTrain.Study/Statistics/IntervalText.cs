using System.Globalization;

namespace DistTrain.Study.Statistics;

/// <summary>Writes figures with as many digits as their uncertainty leaves meaning.</summary>
public static class IntervalText
{
    private const int SignificantFigures = 3;

    /// <summary>
    /// A value with its interval, such as "1,240 (1,180 to 1,420)". All three are rounded to the same place: the one that leaves two significant figures of the interval's width,
    /// so that no digit is shown that the interval says nothing of.
    /// </summary>
    /// <param name="upper">Infinity, or a bound with <paramref name="isUpperOpen"/>, for an interval that is open above.</param>
    public static string Of(double value, double lower, double upper, bool isUpperOpen = false)
    {
        var place = Place(upper - lower, value);
        var range = double.IsPositiveInfinity(upper) ? $"above {At(lower, place)}"
            : isUpperOpen ? $"{At(lower, place)} to more than {At(upper, place)}"
            : $"{At(lower, place)} to {At(upper, place)}";
        return $"{At(value, place)} ({range})";
    }

    /// <summary>A value alone, with three significant figures, and whole numbers whole.</summary>
    public static string Of(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15 ? At(value, 0) : At(value, Place(0, value));

    /// <summary>The power of ten of the last digit to be shown.</summary>
    private static int Place(double width, double value)
    {
        if (width > 0 && double.IsFinite(width))
        {
            return PowerOfTen(width) - 1;
        }

        return value == 0 || !double.IsFinite(value) ? 0 : PowerOfTen(value) + 1 - SignificantFigures;
    }

    private static int PowerOfTen(double value) => (int)Math.Floor(Math.Log10(Math.Abs(value)));

    private static string At(double value, int place)
    {
        if (!double.IsFinite(value))
        {
            return double.IsPositiveInfinity(value) ? "infinity" : double.IsNaN(value) ? "undetermined" : "-infinity";
        }

        if (place is < -12 or > 12)
        {
            return value.ToString("G3", CultureInfo.InvariantCulture);
        }

        if (place <= 0)
        {
            return value.ToString($"N{-place}", CultureInfo.InvariantCulture);
        }

        var unit = Math.Pow(10, place);
        return (Math.Round(value / unit) * unit).ToString("N0", CultureInfo.InvariantCulture);
    }
}
