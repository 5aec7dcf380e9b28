using System.Collections.Immutable;
using System.Text.Json;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Reports.Runs;

/// <summary>
/// Reads the lines of a run's <c>metrics.jsonl</c>. Events and properties that it does not know are passed over, and so are lines that a crash of the machine has damaged: a report shows what there is.
/// </summary>
public static class RunHistoryReader
{
    /// <param name="lines">One JSON object each.</param>
    public static RunHistory Read(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var history = new RunHistory();
        var epochs = new SortedDictionary<int, EpochPoint>();
        var layers = new SortedDictionary<long, LayersPoint>();
        var noise = new SortedDictionary<long, NoisePoint>();
        foreach (var line in lines)
        {
            if (Parse(line) is not { } json)
            {
                continue;
            }

            switch (Text(json, "event"))
            {
                case "started":
                    history = Started(history, json);
                    break;
                case "epoch" when Number(json, "epoch") is { } number:
                    epochs[(int)number] = Epoch((int)number, json);
                    AddNoise(noise, Whole(json, "lastStep"), json);
                    break;
                case "layers" when Whole(json, "step") is { } step:
                    layers[step] = new LayersPoint(step, Number(json, "learningRate"), Number(json, "loss"), [.. Items(json, "tensors").Select(Tensor)]);
                    break;
                case "evaluation":
                    AddNoise(noise, Whole(json, "step"), json);
                    break;
                default:
                    history = Happened(history, json);
                    break;
            }
        }

        return history with { Epochs = [.. epochs.Values], Layers = [.. layers.Values], Noise = [.. noise.Values] };
    }

    /// <summary>Epochs and evaluations say what the noise scale was, in runs that measure it.</summary>
    private static void AddNoise(SortedDictionary<long, NoisePoint> noise, long? step, JsonElement json)
    {
        if (step is { } number && Number(json, "gradientSquaredNorm") is { } squaredNorm && Number(json, "gradientVariance") is { } variance)
        {
            noise[number] = new NoisePoint(number, squaredNorm, variance, Number(json, "noiseScale"));
        }
    }

    private static RunHistory Happened(RunHistory history, JsonElement json) => Text(json, "event") switch
    {
        "checkpoint" => history with { Checkpoints = history.Checkpoints.Add(new CheckpointPoint(Whole(json, "step") ?? 0, Number(json, "writingSeconds"))) },
        "recovered" => history with
        {
            Recoveries = history.Recoveries.Add(new RecoveryPoint(Whole(json, "fromStep") ?? 0, Whole(json, "lostSteps") ?? 0, Number(json, "lostSeconds"), Text(json, "cause") ?? "not told")),
        },
        "resumed" => history with { Resumptions = history.Resumptions + 1 },
        "rateRange" => history with
        {
            SuggestedRate = Number(json, "suggestion"),
            RateRange = [.. Items(json, "points").Where(point => Number(point, "learningRate") is not null).Select(point => new RatePoint(Number(point, "learningRate")!.Value, Number(point, "loss"), Number(point, "smoothedLoss")))],
        },
        "finished" => history with { Ending = Ending(json) },
        _ => history,
    };

    private static RunHistory Started(RunHistory history, JsonElement json) => history with
    {
        Name = Text(json, "run") ?? history.Name,
        ProgramVersion = Text(json, "version"),
        Configuration = json.TryGetProperty("configuration", out var settings) && settings.ValueKind == JsonValueKind.Object
            ? [.. settings.EnumerateObject().Select(setting => (setting.Name, Written(setting.Value)))]
            : [],
        DataName = Text(json, "data"),
        DataHash = Text(json, "dataHash"),
        TrainSamples = Whole(json, "trainSamples"),
        ValidationSamples = Whole(json, "validationSamples"),
        TestSamples = Whole(json, "testSamples"),
        ParameterCount = Whole(json, "parameterCount"),
        KernelPath = Text(json, "kernelPath"),
        ArithmeticId = Text(json, "arithmeticId"),
    };

    private static EpochPoint Epoch(int number, JsonElement json) => new(number)
    {
        LastStep = Whole(json, "lastStep") ?? 0,
        TrainLoss = Number(json, "trainLoss"),
        TrainAccuracy = Number(json, "trainAccuracy"),
        Metrics = Metrics(json),
        LearningRate = Number(json, "learningRate"),
        Seconds = Number(json, "seconds"),
        SamplesPerSecond = Number(json, "samplesPerSecond"),
        WeightsHash = Text(json, "weightsHash"),
        Ledger = Whole(json, "samples") is { } counted && Whole(json, "expectedSamples") is { } expected
            ? (counted, expected, Whole(json, "duplicated") ?? 0, Whole(json, "lost") ?? 0, Whole(json, "recomputed") ?? 0)
            : null,
        Workers = [.. Items(json, "workers").Select(worker => new WorkerPoint(
            Text(worker, "worker") ?? "?",
            Whole(worker, "microBatchesAccepted") ?? 0,
            Whole(worker, "firstStep"),
            Whole(worker, "lastStep")))],
        Activations = [.. Items(json, "activations").Select(layer => new ActivationPoint(Text(layer, "layer") ?? "?", Number(layer, "deadShare"), Number(layer, "saturatedShare")))],
    };

    private static TensorPoint Tensor(JsonElement json) => new(Text(json, "name") ?? "?", Number(json, "gradientNorm"), Number(json, "weightNorm"), Number(json, "updateRatio"));

    private static RunEnding Ending(JsonElement json) => new(
        Text(json, "outcome") ?? "unknown",
        (int)(Number(json, "epochs") ?? 0),
        Whole(json, "steps") ?? 0,
        Number(json, "seconds"),
        (int?)Number(json, "restoredEpoch"),
        Metrics(json),
        Text(json, "weightsHash"),
        Text(json, "explanation"),
        json.TryGetProperty("advice", out var advice) && advice.ValueKind == JsonValueKind.Array
            ? [.. advice.EnumerateArray().Where(sentence => sentence.ValueKind == JsonValueKind.String).Select(sentence => sentence.GetString()!)]
            : []);

    private static ImmutableSortedDictionary<string, double> Metrics(JsonElement json) => json.EnumerateObject()
        .Where(property => property.Value.ValueKind == JsonValueKind.Number && (IsOf(property.Name, "validation") || IsOf(property.Name, "test")))
        .GroupBy(property => property.Name)
        .ToImmutableSortedDictionary(group => group.Key, group => group.Last().Value.GetDouble(), StringComparer.Ordinal);

    private static bool IsOf(string name, string part) => name.StartsWith(part, StringComparison.Ordinal) && name.Length > part.Length && char.IsUpper(name[part.Length]);

    /// <summary>Null for what is no JSON object.</summary>
    private static JsonElement? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Written(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "none",
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        _ => value.GetRawText(),
    };

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static long? Whole(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) ? whole : null;

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object) : [];
}
