using DistTrain.Learning;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Cli.Commands;

/// <summary>Reads what the metrics of a run say, whether it has ended or not.</summary>
internal static class RunMetrics
{
    /// <exception cref="CommandException">There is no such run, or it cannot be read.</exception>
    public static RunHistory Read(string directory) => RunHistoryReader.Read(Lines(directory)) with { Name = directory };

    /// <summary>One JSON object each.</summary>
    /// <exception cref="CommandException">There is no such run, or it cannot be read.</exception>
    public static IReadOnlyList<string> Lines(string directory) => Stage.ReadingRun(() =>
    {
        var path = new RunPaths(directory).Metrics;
        if (!Directory.Exists(directory))
        {
            throw new InvalidInputException($"there is no run directory {directory}");
        }

        if (!File.Exists(path))
        {
            throw new InvalidInputException($"{directory} has no metrics.jsonl: it is no run directory");
        }

        try
        {
            // A run that still trains holds the file open.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var text = new StreamReader(stream);
            var lines = new List<string>();
            while (text.ReadLine() is { } line)
            {
                lines.Add(line);
            }

            return lines;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path} cannot be read: {fault.Message}");
        }
    });
}
