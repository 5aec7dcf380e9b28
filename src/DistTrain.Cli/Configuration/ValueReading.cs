using System.Globalization;
using System.Numerics;

namespace DistTrain.Cli.Configuration;

/// <summary>Text to values, with a predicate for the error sentence where it does not fit.</summary>
internal static class ValueReading
{
    public static T WholeNumber<T>(string text, T minimum)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (!T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            throw BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large)
                ? new InvalidValueException(large < BigInteger.Zero ? $"must be at least {minimum}, but is {text}" : $"must be at most {T.MaxValue}, but is {text}")
                : new InvalidValueException($"must be a whole number of at least {minimum}, but is '{text}'");
        }

        return value >= minimum ? value : throw new InvalidValueException($"must be at least {minimum}, but is {text}");
    }

    /// <param name="text">Such as <c>0.1</c> or <c>1e-3</c>; infinities and NaN are refused.</param>
    /// <param name="suits">Whether a finite value will do.</param>
    /// <param name="range">What will do, in words: <c>above 0</c>.</param>
    public static double Number(string text, Func<double, bool> suits, string range)
    {
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(text, style, CultureInfo.InvariantCulture, out var value))
        {
            throw new InvalidValueException($"must be a number {range}, but is '{text}'");
        }

        return double.IsFinite(value) && suits(value) ? value : throw new InvalidValueException($"must be a finite number {range}, but is {text}");
    }

    public static string OneOf(string text, IReadOnlyCollection<string> names) =>
        names.Contains(text, StringComparer.Ordinal) ? text : throw new InvalidValueException($"must be one of {string.Join(", ", names)}, but is '{text}'");

    public static string NotEmpty(string text) => text.Length > 0 ? text : throw new InvalidValueException("must not be empty");

    public static bool Switch(string text) => text switch
    {
        "yes" or "true" => true,
        "no" or "false" => false,
        _ => throw new InvalidValueException($"must be yes, no or auto, but is '{text}'"),
    };

    /// <summary>Null for <c>auto</c>, else what <paramref name="read"/> makes of the text.</summary>
    public static T? OrAutomatic<T>(string text, Func<string, T> read)
        where T : struct => text == ConfigurationKey.Automatic ? null : read(text);

    /// <inheritdoc cref="OrAutomatic{T}"/>
    public static string? TextOrAutomatic(string text, Func<string, string> read) => text == ConfigurationKey.Automatic ? null : read(text);
}
