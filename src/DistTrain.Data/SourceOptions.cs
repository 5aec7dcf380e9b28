using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>The options behind the question mark of a source's text form, taken one by one by whoever knows them.</summary>
internal sealed class SourceOptionReader
{
    private readonly string source;
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly List<string> known = [];

    /// <param name="source">The whole text form, named in messages.</param>
    /// <param name="text">What stands behind the question mark.</param>
    /// <exception cref="InvalidInputException">It is no list of options.</exception>
    public SourceOptionReader(string source, string text)
    {
        this.source = source;
        foreach (var option in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == option.Length - 1)
            {
                throw new InvalidInputException($"The option '{option}' of the data source '{source}' is not of the form key=value.");
            }

            if (!values.TryAdd(option[..equals], Uri.UnescapeDataString(option[(equals + 1)..])))
            {
                throw new InvalidInputException($"The data source '{source}' has the option '{option[..equals]}' twice.");
            }
        }
    }

    public string? Take(string key)
    {
        known.Add(key);
        return values.Remove(key, out var value) ? value : null;
    }

    public T? TakeOrNull<T>(string key, params (string Text, T Value)[] choices)
        where T : struct
    {
        if (Take(key) is not { } text)
        {
            return null;
        }

        foreach (var choice in choices)
        {
            if (choice.Text == text)
            {
                return choice.Value;
            }
        }

        throw Refusal(key, text, $"use one of {string.Join(", ", choices.Select(choice => choice.Text))}");
    }

    public int? TakeWholeNumber(string key, int least, int most) => Take(key) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
        : throw Refusal(key, text, string.Create(CultureInfo.InvariantCulture, $"use a whole number from {least} to {most}"));

    public ulong? TakeSeed(string key) => Take(key) is not { } text ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
        : throw Refusal(key, text, "use a whole number of at least 0");

    public double? TakeNumber(string key, double least, double most) => Take(key) is not { } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
        : throw Refusal(key, text, string.Create(CultureInfo.InvariantCulture, $"use a number from {least} to {most}"));

    /// <exception cref="InvalidInputException">There is an option that nobody has taken.</exception>
    public void RequireAllTaken()
    {
        if (values.Count > 0)
        {
            var unknown = values.Keys.Order(StringComparer.Ordinal).First();
            throw new InvalidInputException(
                $"The data source '{source}' has no option '{unknown}': it takes {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
        }
    }

    private InvalidInputException Refusal(string key, string text, string advice) =>
        new($"The option {key}={text} of the data source '{source}' is not possible: {advice}.");
}

/// <summary>Puts the options of a source's text form together; what has its default value is left out.</summary>
internal sealed class SourceOptionWriter
{
    private readonly List<string> options = [];

    public bool IsEmpty => options.Count == 0;

    public void Add(string key, object? value, object? defaultValue = null)
    {
        if (value is not null && !value.Equals(defaultValue))
        {
            options.Add($"{key}={Escape(Text(value))}");
        }
    }

    public override string ToString() => string.Join('&', options);

    // No more than the text form itself gives a meaning to, so that paths stay readable.
    private static string Escape(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal).Replace("&", "%26", StringComparison.Ordinal)
        .Replace("=", "%3D", StringComparison.Ordinal).Replace("?", "%3F", StringComparison.Ordinal);

    // Words of the text form are lower case by definition; nothing is compared under a culture's rules.
    private static string Text(object value) => value switch
    {
        string text => text,
        Enum or bool => string.Concat(value.ToString()!.Select(char.ToLowerInvariant)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
