using DistTrain.Cli.Configuration;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Commands;

/// <summary>A finished run, read back.</summary>
internal sealed record StoredRun(RunPaths Paths, TrainedModel Model, TrainConfiguration Configuration, Preprocessing Preprocessing, string DataHash);

internal static class RunReader
{
    public const string PreprocessingKey = "preprocessing";
    public const string DataHashKey = "data-hash";
    public const string DataNameKey = "data-name";
    public const string VersionKey = "disttrain-version";

    /// <exception cref="CommandException">There is no such run, or it is damaged.</exception>
    public static StoredRun Read(string directory) => Stage.ReadingRun(() =>
    {
        var paths = Locate(directory);
        var model = ModelFile.Read(paths.Model);
        var configuration = ConfigurationFile.Read(paths.Configuration, TrainConfiguration.Default);
        var preprocessing = model.Attributes.TryGetValue(PreprocessingKey, out var text)
            ? PreprocessingText.Parse(text)
            : throw new InvalidInputException($"{paths.Model} does not say how its data was prepared");
        return new StoredRun(paths, model, configuration, preprocessing, model.Attributes.GetValueOrDefault(DataHashKey, ""));
    });

    private static RunPaths Locate(string directory)
    {
        var paths = new RunPaths(directory);
        if (!Directory.Exists(directory))
        {
            throw new InvalidInputException($"there is no run directory {directory}: 'disttrain train --run {directory}' would make it");
        }

        return File.Exists(paths.Model)
            ? paths
            : throw new InvalidInputException($"{directory} has no model.safetensors: it is no run directory, or its training has not ended yet");
    }
}
