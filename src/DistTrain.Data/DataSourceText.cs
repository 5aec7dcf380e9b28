using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>The text form of a <see cref="DataSource"/>: <c>kind[:path][?key=value[&amp;key=value]...]</c>, values percent-encoded where needed.</summary>
internal static class DataSourceText
{
    private const string Kinds =
        "digits, mnist:FOLDER, idx:FOLDER, cifar10:FOLDER, cifar100:FOLDER, csv:FILE, npy:FILE, npz:FILE, text:FILE, synthetic:spirals, synthetic:gaussian-teacher or synthetic:strokes";

    private const int MostSteps = 1 << 20;
    private static readonly TextSource DefaultText = new("");

    private static readonly (string Text, LabelTask Value)[] Tasks = [("classification", LabelTask.Classification), ("regression", LabelTask.Regression)];

    public static DataSource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var questionMark = text.LastIndexOf('?');
        var place = questionMark < 0 ? text : text[..questionMark];
        var options = new SourceOptionReader(text, questionMark < 0 ? "" : text[(questionMark + 1)..]);
        var colon = place.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? place : place[..colon];
        var path = colon < 0 ? "" : place[(colon + 1)..];
        if (kind == "digits" ? colon >= 0 : path.Length == 0 && kind is "mnist" or "idx" or "cifar10" or "cifar100" or "csv" or "npy" or "npz" or "text" or "synthetic")
        {
            throw new InvalidInputException($"The data source '{text}' is not complete or has a path too many: write {Kinds}.");
        }

        var scaling = options.TakeOrNull("scaling", ("none", ScalingKind.None), ("unit", ScalingKind.Unit), ("standard", ScalingKind.Standard));
        DataSource source = kind switch
        {
            "digits" => new DigitsSource(scaling),
            "mnist" => new MnistSource(path, scaling),
            "idx" => new IdxSource(path, options.Take("prefix"), scaling),
            "cifar10" => new CifarSource(path, CifarLabels.Ten, scaling),
            "cifar100" => new CifarSource(path, options.TakeOrNull("labels", ("fine", CifarLabels.Fine), ("coarse", CifarLabels.Coarse)) ?? CifarLabels.Fine, scaling),
            "csv" => new CsvSource(
                path,
                options.Take("label"),
                options.TakeOrNull("header", ("true", true), ("false", false)),
                options.TakeOrNull("task", Tasks) ?? LabelTask.Classification,
                options.TakeOrNull("separator", ("comma", CsvSeparator.Comma), ("semicolon", CsvSeparator.Semicolon), ("tab", CsvSeparator.Tab)) ?? CsvSeparator.Comma,
                scaling),
            "npy" => new NpySource(path, options.Take("labels"), options.TakeOrNull("task", Tasks), scaling),
            "npz" => new NpzSource(path, options.TakeOrNull("task", Tasks), scaling),
            "text" => new TextSource(
                path,
                options.TakeWholeNumber("steps", 1, MostSteps) ?? DefaultText.Steps,
                options.TakeOrNull("tokens", ("characters", TextTokens.Characters), ("bytes", TextTokens.Bytes)) ?? DefaultText.Tokens,
                scaling),
            "synthetic" => SyntheticSourceText.Parse(text, path, options, scaling),
            _ => throw new InvalidInputException($"The data source '{text}' is of an unknown kind: write {Kinds}."),
        };
        options.RequireAllTaken();
        return source;
    }

    public static string Format(DataSource source)
    {
        var options = new SourceOptionWriter();
        var place = source is SyntheticSource synthetic ? SyntheticSourceText.Format(synthetic, options) : FormatFiles(source, options);
        options.Add("scaling", source.Scaling);

        // A question mark in the path must not be taken for the beginning of the options.
        return options.IsEmpty && !place.Contains('?', StringComparison.Ordinal) ? place : $"{place}?{options}";
    }

    private static string FormatFiles(DataSource source, SourceOptionWriter options)
    {
        switch (source)
        {
            case MnistSource mnist:
                return $"mnist:{mnist.Folder}";
            case IdxSource idx:
                options.Add("prefix", idx.Prefix);
                return $"idx:{idx.Folder}";
            case CifarSource { Labels: CifarLabels.Ten } cifar:
                return $"cifar10:{cifar.Folder}";
            case CifarSource cifar:
                options.Add("labels", cifar.Labels, CifarLabels.Fine);
                return $"cifar100:{cifar.Folder}";
            case CsvSource csv:
                options.Add("label", csv.Label);
                options.Add("header", csv.HasHeader);
                options.Add("task", csv.Task, LabelTask.Classification);
                options.Add("separator", csv.Separator, CsvSeparator.Comma);
                return $"csv:{csv.File}";
            case NpySource npy:
                options.Add("labels", npy.Labels);
                options.Add("task", npy.Task);
                return $"npy:{npy.Inputs}";
            case NpzSource npz:
                options.Add("task", npz.Task);
                return $"npz:{npz.File}";
            case TextSource text:
                options.Add("steps", text.Steps, DefaultText.Steps);
                options.Add("tokens", text.Tokens, DefaultText.Tokens);
                return $"text:{text.File}";
            default:
                return "digits";
        }
    }
}
