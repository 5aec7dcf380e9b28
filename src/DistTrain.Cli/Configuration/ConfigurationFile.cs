using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Cli.Configuration;

/// <summary>Reads a configuration file. It is strict: an unknown key, or a value that does not suit its key, is an error that names file and line.</summary>
public static class ConfigurationFile
{
    private const int MaximumLengthBytes = 1 << 20;

    /// <summary>Lays the file's keys over <paramref name="basis"/>; keys that the file does not have stay as they are.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, or says something that is not possible.</exception>
    public static TrainConfiguration Read(string path, TrainConfiguration basis)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > MaximumLengthBytes)
            {
                throw new InvalidInputException($"{path} has {stream.Length:N0} bytes, but a configuration has at most {MaximumLengthBytes:N0}");
            }

            using var text = new StreamReader(stream);
            return Parse(path, text, basis);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"the configuration file {path} does not exist", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException($"the configuration file {path} cannot be read: {(Directory.Exists(path) ? "it is a folder" : fault.Message)}", fault);
        }
    }

    /// <inheritdoc cref="Read"/>
    /// <param name="file">Named in messages.</param>
    /// <param name="text">The file's content.</param>
    /// <param name="basis">What the file's keys are laid over.</param>
    public static TrainConfiguration Parse(string file, TextReader text, TrainConfiguration basis)
    {
        var configuration = basis;
        foreach (var (key, value) in KeysOf(file, YamlTreeReader.Read(file, text)))
        {
            var known = ConfigurationKeys.Find(key.Text) ?? throw new InvalidInputException($"{file} line {key.Line}: unknown key '{key.Text}'{Suggestion(key.Text)}");
            configuration = Apply(file, known, value, configuration);
        }

        return configuration;
    }

    private static ImmutableArray<(YamlScalar Key, YamlNode Value)> KeysOf(string file, YamlNode? root) => root switch
    {
        null => [],
        YamlMap map => map.Entries,
        _ => throw new InvalidInputException($"{file} line {root.Line}: a configuration is a list of lines 'key: value', such as 'epochs: 30'"),
    };

    private static TrainConfiguration Apply(string file, ConfigurationKey key, YamlNode value, TrainConfiguration configuration)
    {
        try
        {
            return value switch
            {
                YamlScalar { IsNull: true } => throw new InvalidValueException("has no value"),
                YamlScalar scalar => key.Read(configuration, TextOf(key, scalar)),
                YamlList list when key.Kind == KeyKind.Model => configuration with { Model = ModelYaml.Read(file, list) },
                YamlList => throw new InvalidValueException("must be a single value, but is a list"),
                _ => throw new InvalidValueException("must be a single value, but is a map"),
            };
        }
        catch (InvalidValueException fault)
        {
            throw new InvalidInputException($"{file} line {value.Line}: {key.Name} {fault.Message}", fault);
        }
    }

    private static string TextOf(ConfigurationKey key, YamlScalar scalar) => scalar.IsPlain || key.Kind is KeyKind.Text or KeyKind.Model
        ? scalar.Text
        : throw new InvalidValueException($"must be written without quotes, but is the text \"{scalar.Text}\"");

    private static string Suggestion(string unknown)
    {
        var nearest = ConfigurationKeys.All.MinBy(key => EditDistance.Between(key.Name, unknown))!;
        return EditDistance.Between(nearest.Name, unknown) <= 3
            ? $" (did you mean '{nearest.Name}'?)"
            : $": the keys are {string.Join(", ", ConfigurationKeys.All.Select(key => key.Name))}";
    }
}
