using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>The text form of a <see cref="DataSource"/>: <c>kind[:path][?key=value[&amp;key=value]...]</c>, values percent-encoded where needed.</summary>
internal static class DataSourceText
{
    private const string Kinds = "digits, mnist:DIR, idx:DIR or csv:FILE";

    public static DataSource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var questionMark = text.LastIndexOf('?');
        var place = questionMark < 0 ? text : text[..questionMark];
        var options = new OptionList(text, questionMark < 0 ? "" : text[(questionMark + 1)..]);
        var colon = place.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? place : place[..colon];
        var path = colon < 0 ? "" : place[(colon + 1)..];

        if (kind == "digits" ? colon >= 0 : path.Length == 0 && kind is "mnist" or "idx" or "csv")
        {
            throw new InvalidInputException($"The data source '{text}' is not complete or has a path too many: write {Kinds}.");
        }

        var scaling = options.TakeOrNull("scaling", ("none", ScalingKind.None), ("unit", ScalingKind.Unit), ("standard", ScalingKind.Standard));
        DataSource source = kind switch
        {
            "digits" => new DigitsSource(scaling),
            "mnist" => new MnistSource(path, scaling),
            "idx" => new IdxSource(path, options.Take("prefix"), scaling),
            "csv" => new CsvSource(
                path,
                options.Take("label"),
                options.TakeOrNull("header", ("true", true), ("false", false)),
                options.TakeOrNull("task", ("classification", CsvTask.Classification), ("regression", CsvTask.Regression)) ?? CsvTask.Classification,
                options.TakeOrNull("separator", ("comma", CsvSeparator.Comma), ("semicolon", CsvSeparator.Semicolon), ("tab", CsvSeparator.Tab)) ?? CsvSeparator.Comma,
                scaling),
            _ => throw new InvalidInputException($"The data source '{text}' is of an unknown kind: write {Kinds}."),
        };
        options.RequireAllTaken();
        return source;
    }

    public static string Format(DataSource source)
    {
        List<string> options = [];
        void Add(string key, string? value, string? defaultValue = null)
        {
            if (value is not null && value != defaultValue)
            {
                options.Add($"{key}={Uri.EscapeDataString(value)}");
            }
        }

        string place;
        switch (source)
        {
            case MnistSource mnist:
                place = $"mnist:{mnist.Folder}";
                break;
            case IdxSource idx:
                place = $"idx:{idx.Folder}";
                Add("prefix", idx.Prefix);
                break;
            case CsvSource csv:
                place = $"csv:{csv.File}";
                Add("label", csv.Label);
                Add("header", LowerCase(csv.HasHeader));
                Add("task", LowerCase(csv.Task), LowerCase(CsvTask.Classification));
                Add("separator", LowerCase(csv.Separator), LowerCase(CsvSeparator.Comma));
                break;
            default:
                place = "digits";
                break;
        }

        Add("scaling", LowerCase(source.Scaling));

        // A question mark in the path must not be taken for the beginning of the options.
        var hasOptions = options.Count > 0 || place.Contains('?', StringComparison.Ordinal);
        return hasOptions ? $"{place}?{string.Join('&', options)}" : place;
    }

    // Keys and values of the text form are lower case by definition; nothing is compared under a culture's rules.
    private static string? LowerCase<T>(T value) => string.Concat(value?.ToString()?.Select(char.ToLowerInvariant) ?? []) is { Length: > 0 } text ? text : null;

    private sealed class OptionList
    {
        private readonly string source;
        private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
        private readonly List<string> known = [];

        public OptionList(string source, string text)
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

            var names = string.Join(", ", choices.Select(choice => choice.Text));
            throw new InvalidInputException($"The option {key}={text} of the data source '{source}' is not possible: use one of {names}.");
        }

        public void RequireAllTaken()
        {
            if (values.Count > 0)
            {
                var unknown = values.Keys.Order(StringComparer.Ordinal).First();
                throw new InvalidInputException(
                    $"The data source '{source}' has no option '{unknown}': it takes {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
            }
        }
    }
}
