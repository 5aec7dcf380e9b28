using System.Collections.Immutable;
using System.Text.Json;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Chaos;

/// <summary>What a run directory says of a training.</summary>
internal static class MetricsReader
{
    /// <summary>Times, and who did what, are not the same twice; how much was computed twice depends on who died.</summary>
    private static readonly ImmutableHashSet<string> Changing = ["event", "seconds", "samplesPerSecond", "workers", "recomputed"];

    public static RunFacts Read(RunPaths paths)
    {
        string? hash = null;
        var epochs = ImmutableArray.CreateBuilder<EpochFacts>();
        foreach (var line in File.Exists(paths.Metrics) ? File.ReadLines(paths.Metrics) : [])
        {
            using var json = ParseOrNull(line);
            switch (json?.RootElement.GetProperty("event").GetString())
            {
                case "epoch":
                    epochs.Add(Epoch(json!.RootElement));
                    break;
                case "finished":
                    hash = json!.RootElement.GetProperty("weightsHash").GetString();
                    break;
            }
        }

        return new RunFacts(hash, epochs.ToImmutable());
    }

    /// <summary>Null for a line that was torn: what it was to say is missing then.</summary>
    private static JsonDocument? ParseOrNull(string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static EpochFacts Epoch(JsonElement epoch) => new(
        epoch.GetProperty("epoch").GetInt32(),
        string.Join(",", epoch.EnumerateObject().Where(property => !Changing.Contains(property.Name)).Select(property => $"{property.Name}={property.Value.GetRawText()}")),
        epoch.GetProperty("samples").GetInt64(),
        epoch.GetProperty("expectedSamples").GetInt64(),
        epoch.GetProperty("duplicated").GetInt64(),
        epoch.GetProperty("lost").GetInt64());
}
