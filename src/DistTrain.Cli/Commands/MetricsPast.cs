using System.Text.Json;
using DistTrain.Actors;
using DistTrain.Runtime;

namespace DistTrain.Cli.Commands;

/// <summary>What a run's metrics say already, so that nothing that happens again is written twice.</summary>
internal sealed class MetricsPast
{
    private readonly HashSet<int> epochs = [];
    private long lastMeasuredStep;
    private long lastEvaluatedStep;

    /// <summary>Of the data that the run began with; null where no line says so.</summary>
    public string? DataHash { get; private set; }

    /// <param name="lines">One JSON object each; others are passed over.</param>
    public static MetricsPast Of(IEnumerable<string> lines)
    {
        var past = new MetricsPast();
        foreach (var line in lines)
        {
            past.Take(line);
        }

        return past;
    }

    /// <summary>Whether no line speaks of the epoch; from now on one does.</summary>
    public bool IsNew(EpochReport report) => epochs.Add(report.Epoch);

    /// <summary>Whether no line speaks of the step's norms, or of a later step's; from now on one does.</summary>
    public bool IsNew(LayersMeasured measured)
    {
        var isNew = measured.Step > lastMeasuredStep;
        lastMeasuredStep = Math.Max(lastMeasuredStep, measured.Step);
        return isNew;
    }

    /// <summary>Likewise, of an evaluation within an epoch.</summary>
    public bool IsNew(WeightsEvaluated evaluated)
    {
        var isNew = evaluated.Step > lastEvaluatedStep;
        lastEvaluatedStep = Math.Max(lastEvaluatedStep, evaluated.Step);
        return isNew;
    }

    private void Take(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            Take(json.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            // A line that a crash of the machine has damaged: what it said, if it was an epoch, is in the journal.
        }
    }

    private void Take(JsonElement line)
    {
        if (!line.TryGetProperty("event", out var name))
        {
            return;
        }

        switch (name.GetString())
        {
            case "started" when line.TryGetProperty("dataHash", out var hash):
                DataHash ??= hash.GetString();
                break;
            case "epoch" when line.TryGetProperty("epoch", out var epoch):
                epochs.Add(epoch.GetInt32());
                break;
            case "evaluation" when line.TryGetProperty("step", out var step):
                lastEvaluatedStep = Math.Max(lastEvaluatedStep, step.GetInt64());
                break;
            case "layers" when line.TryGetProperty("step", out var step):
                lastMeasuredStep = Math.Max(lastMeasuredStep, step.GetInt64());
                break;
        }
    }
}
