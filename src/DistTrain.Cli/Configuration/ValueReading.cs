using System.Collections.Immutable;
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

    public static bool YesOrNo(string text) => text switch
    {
        "yes" or "true" => true,
        "no" or "false" => false,
        _ => throw new InvalidValueException($"must be yes or no, but is '{text}'"),
    };

    /// <summary>Whole numbers of at least 1 that rise, joined by commas.</summary>
    public static ImmutableArray<int> RisingNumbers(string text)
    {
        var numbers = text.Split(',').Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0).ToImmutableArray();
        return numbers[0] >= 1 && numbers.Zip(numbers.Skip(1)).All(pair => pair.First < pair.Second)
            ? numbers
            : throw new InvalidValueException($"must be rising whole numbers joined by commas, such as 30,60,80, but is '{text}'");
    }

    /// <summary>Null for <c>auto</c>, else what <paramref name="read"/> makes of the text.</summary>
    public static T? OrAutomatic<T>(string text, Func<string, T> read)
        where T : struct => text == ConfigurationKey.Automatic ? null : read(text);

    /// <inheritdoc cref="OrAutomatic{T}"/>
    public static string? TextOrAutomatic(string text, Func<string, string> read) => text == ConfigurationKey.Automatic ? null : read(text);
}
