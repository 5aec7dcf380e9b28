using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Learning.Graph;
using DistTrain.Runtime;

namespace DistTrain.Cli.Output;

/// <summary>
/// A run for machines: one JSON object a line. Each has <c>event</c> first: <c>started</c>, <c>epoch</c>, <c>checkpoint</c>, <c>recovered</c>, <c>resumed</c> or <c>finished</c>. Numbers that are not finite are null,
/// as JSON has no word for them.
/// </summary>
public static class JsonEvents
{
    // Names of files and classes stay readable; the lines are never put into HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Started(RunDescription run) => Line("started", json =>
    {
        json.WriteString("version", run.Version);
        json.WriteString("run", run.RunDirectory);
        json.WriteStartObject("configuration");
        foreach (var key in ConfigurationKeys.All)
        {
            json.WritePropertyName(key.JsonName);
            WriteSetting(json, key.Get(run.Configuration));
        }

        json.WriteEndObject();
        json.WriteString("data", run.Data.Name);
        json.WriteString("dataHash", run.Data.ContentHash);
        json.WriteNumber("trainSamples", run.Data.Train.Count);
        json.WriteNumber("validationSamples", run.Data.Validation?.Count ?? 0);
        json.WriteNumber("testSamples", run.Data.Test.Count);
        json.WriteNumber("parameterCount", run.Graph.Layout.ParameterCount);
        if (run.GhostBatch is { } ghost)
        {
            json.WriteNumber("ghostBatchSize", ghost.SmallestSamples);
        }

        json.WriteString("kernelPath", run.KernelPath);
        json.WriteString("arithmeticId", run.ArithmeticId.Value);
    });

    /// <summary>Weights that were evaluated within an epoch.</summary>
    public static string Evaluated(WeightsEvaluated evaluated) => Line("evaluation", json =>
    {
        json.WriteNumber("epoch", evaluated.Epoch);
        json.WriteNumber("step", evaluated.Step);
        json.WriteNumber("samplesOfEpoch", evaluated.SamplesDone);
        json.WriteFinite("trainLoss", evaluated.MeanLoss);
        json.WriteFinite("seconds", evaluated.TrainingSeconds);
        json.WriteFinite("loss", evaluated.Found.MeanLoss);
        json.WriteFinite("accuracy", evaluated.Found.Accuracy);
        json.WriteNoise(evaluated.Noise);
    });

    public static string Epoch(EpochReport report) => Line("epoch", json =>
    {
        json.WriteNumber("epoch", report.Epoch);
        json.WriteNumber("steps", report.Steps);
        json.WriteNumber("lastStep", report.LastStep);
        json.WriteNumber("samples", report.Ledger.CountedSamples);
        json.WriteNumber("expectedSamples", report.Ledger.ExpectedSamples);
        json.WriteNumber("duplicated", report.Ledger.DuplicatedSamples);
        json.WriteNumber("lost", report.Ledger.LostSamples);
        json.WriteNumber("recomputed", report.Ledger.RecomputedSamples);
        json.WriteFinite("trainLoss", report.TrainLoss);
        json.WriteFinite("trainAccuracy", report.TrainAccuracy);
        json.WriteMetrics("validation", report.Validation);
        json.WriteMetrics("test", report.Test);
        json.WriteObjects("activations", (report.Validation ?? report.Test)?.Activations ?? [], layer =>
        {
            json.WriteString("layer", layer.Layer);
            json.WriteFinite("deadShare", layer.DeadShare);
            json.WriteFinite("saturatedShare", layer.SaturatedShare);
        });
        json.WriteFinite("learningRate", report.LearningRate);
        json.WriteFinite("seconds", report.TrainingSeconds);
        json.WriteFinite("samplesPerSecond", report.SamplesPerSecond);
        json.WriteNoise(report.Noise);
        json.WriteString("weightsHash", report.WeightsHash);
        json.WriteObjects("workers", report.Workers, share =>
        {
            json.WriteString("worker", share.Worker.ToString());
            json.WriteNumber("microBatchesAccepted", share.MicroBatchesAccepted);
            json.WriteFinite("firstStep", share.FirstStep);
            json.WriteFinite("lastStep", share.LastStep);
        });
    });

    /// <summary>For programs that watch every step of the way; not in run directories.</summary>
    public static string Progress(TrainingProgressed progress) => Line("progress", json =>
    {
        json.WriteNumber("epoch", progress.Epoch);
        json.WriteNumber("step", progress.Step);
        json.WriteNumber("totalSteps", progress.TotalSteps);
    });

    public static string Checkpoint(CheckpointTaken taken) => Line("checkpoint", json =>
    {
        json.WriteNumber("step", taken.Step);
        json.WriteFinite("writingSeconds", taken.WritingSeconds);
    });

    public static string Recovered(Recovered recovered) => Line("recovered", json =>
    {
        json.WriteNumber("term", recovered.Term);
        json.WriteNumber("incarnation", recovered.Incarnation);
        json.WriteNumber("fromStep", recovered.FromStep);
        json.WriteNumber("lostSteps", recovered.LostSteps);
        json.WriteFinite("lostSeconds", recovered.LostSeconds);
        json.WriteString("cause", recovered.Cause);
    });

    /// <summary>Another process goes on with the run.</summary>
    /// <param name="term">Its number among those that have had the run.</param>
    /// <param name="epochs">That were announced before.</param>
    public static string Resumed(long term, int epochs) => Line("resumed", json =>
    {
        json.WriteNumber("term", term);
        json.WriteNumber("epochs", epochs);
    });

    public static string Finished(RunDescription run, RunSummary summary) => Line("finished", json =>
    {
        json.WriteString("outcome", summary.Outcome switch
        {
            RunOutcome.Completed => "completed",
            RunOutcome.StoppedEarly => "stopped-early",
            RunOutcome.Cancelled => "interrupted",
            RunOutcome.ServerLost => "server-lost",
            RunOutcome.Contradicted => "contradicted",
            _ => "non-finite",
        });
        json.WriteNumber("epochs", summary.Epochs);
        json.WriteNumber("steps", summary.Steps);
        json.WriteFinite("seconds", summary.Seconds);
        json.WriteFinite("restoredEpoch", summary.RestoredEpoch);
        json.WriteMetrics("validation", summary.Validation);
        json.WriteMetrics("test", summary.Test);
        json.WriteNoise(summary.Noise);
        json.WriteString("weightsHash", summary.WeightsHash);
        json.WriteString("run", run.RunDirectory);
        json.WriteString("explanation", summary.Explanation);
        json.WriteStartArray("advice");
        foreach (var advice in summary.Advice)
        {
            json.WriteStringValue(advice.Sentence);
        }

        json.WriteEndArray();
    });

    /// <summary>An object on one line, without an event's name: the answer of a command that gives one.</summary>
    internal static string Object(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal static string Line(string name, Action<Utf8JsonWriter> content) => Object(json =>
    {
        json.WriteString("event", name);
        content(json);
    });

    private static void WriteSetting(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case ModelSpecification model when model.ShortForm is null:
                WriteLayers(json, model);
                break;
            default:
                json.WriteStringValue(ConfigurationWriter.ToText(value));
                break;
        }
    }

    private static void WriteLayers(Utf8JsonWriter json, ModelSpecification model)
    {
        json.WriteStartArray();
        foreach (var layer in model.Layers)
        {
            json.WriteStartObject();
            json.WriteString("kind", layer.Kind);
            if (layer.Name is { } name)
            {
                json.WriteString("name", name);
            }

            if (!layer.From.IsEmpty)
            {
                json.WriteStartArray("from");
                foreach (var input in layer.From)
                {
                    json.WriteStringValue(input);
                }

                json.WriteEndArray();
            }

            foreach (var (setting, value) in layer.Settings)
            {
                json.WriteString(setting, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
