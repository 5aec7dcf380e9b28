using DistTrain.Data;
using DistTrain.Learning;

namespace DistTrain.Cli.Configuration;

/// <summary>
/// Brings the two ways to write data settings together: options in the source's own text (<c>csv:iris.csv?label=species</c>) and keys of their own (<c>label: species</c>).
/// Keys win. A resolved configuration has them as keys, and paths in full, so that it means the same in any folder.
/// </summary>
internal static class DataSettings
{
    /// <exception cref="InvalidInputException">An unknown source, or a setting that the source does not have.</exception>
    public static DataSource Source(TrainConfiguration configuration)
    {
        var source = DataSource.Parse(configuration.Data);
        source = configuration.Scaling is null ? source : source with { Scaling = Enum.Parse<ScalingKind>(configuration.Scaling, ignoreCase: true) };
        source = source.WithFullPaths();
        LabelTask? task = configuration.Task is null ? null : Enum.Parse<LabelTask>(configuration.Task, ignoreCase: true);
        switch (source)
        {
            case CsvSource csv:
                return csv with
                {
                    Label = configuration.Label ?? csv.Label,
                    HasHeader = configuration.Header ?? csv.HasHeader,
                    Task = task ?? csv.Task,
                    Separator = configuration.Separator is null ? csv.Separator : Enum.Parse<CsvSeparator>(configuration.Separator, ignoreCase: true),
                };
            case NpySource npy:
                RefuseTableSettings(configuration with { Task = null });
                return npy with { Task = task ?? npy.Task };
            case NpzSource npz:
                RefuseTableSettings(configuration with { Task = null });
                return npz with { Task = task ?? npz.Task };
            default:
                RefuseTableSettings(configuration);
                return source;
        }
    }

    /// <summary>How the samples are divided.</summary>
    public static DataSetOptions Options(TrainConfiguration configuration) =>
        new() { TestRatio = configuration.TestRatio, ValidationRatio = configuration.ValidationRatio, Seed = configuration.SplitSeed ?? configuration.Seed };

    /// <summary>The configuration with what the source and the loaded data say filled in.</summary>
    public static TrainConfiguration Resolve(TrainConfiguration configuration, DataSource source, Preprocessing preprocessing)
    {
        var resolved = configuration with
        {
            Data = Place(source),
            Scaling = Name(preprocessing.Scaling.Kind),
            TestRatio = preprocessing.Split?.TestRatio,
        };
        return source switch
        {
            CsvSource csv => resolved with { Label = csv.Label, Header = csv.HasHeader, Task = Name(csv.Task), Separator = Name(csv.Separator) },
            NpySource { Task: { } task } => resolved with { Task = Name(task) },
            NpzSource { Task: { } task } => resolved with { Task = Name(task) },
            _ => resolved,
        };
    }

    /// <summary>The source without what has a key of its own.</summary>
    private static string Place(DataSource source) => (source switch
    {
        CsvSource csv => new CsvSource(csv.File),
        NpySource npy => npy with { Task = null, Scaling = null },
        NpzSource npz => npz with { Task = null, Scaling = null },
        _ => source with { Scaling = null },
    }).ToString();

    private static void RefuseTableSettings(TrainConfiguration configuration)
    {
        string?[] settings =
        [
            configuration.Label is null ? null : "label",
            configuration.Header is null ? null : "header",
            configuration.Task is null ? null : "task",
            configuration.Separator is null ? null : "separator",
        ];
        if (settings.FirstOrDefault(name => name is not null) is string given)
        {
            throw new InvalidInputException($"the setting '{given}' is for csv data only, but the data is {configuration.Data}");
        }
    }

    // Names in files are lower case by definition, whatever the culture.
    private static string Name<T>(T value)
        where T : struct, Enum => string.Concat(value.ToString().Select(char.ToLowerInvariant));
}
