using System.Globalization;

namespace DistTrain.Data;

/// <summary>Reads numbers as they stand in text files.</summary>
internal static class CsvNumber
{
    // Whole numbers of so many digits are exact in float32, so they need no rounding and no general parser.
    private const int MostExactDigits = 7;

    /// <summary>
    /// A decimal number, rounded to the nearest float32; what is spelled NaN or infinity, or is beyond the range of float32, is a number too but not finite.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out float value)
    {
        if (text.Length is 0 or > MostExactDigits)
        {
            return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }

        var whole = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit((char)character))
            {
                return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
            }

            whole = (whole * 10) + (character - '0');
        }

        value = whole;
        return true;
    }
}
