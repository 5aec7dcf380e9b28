using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DistTrain.Cli.Output;
using DistTrain.Study;
using DistTrain.Study.Experiments;
using DistTrain.Study.Statistics;

namespace DistTrain.Cli.Studies;

/// <summary>A line for each trial, and how much is left.</summary>
/// <param name="host">Where it is written.</param>
/// <param name="json">Whether for programs.</param>
/// <param name="expected">Trials, as far as is known beforehand.</param>
/// <param name="parallel">How many run at once.</param>
internal sealed class StudyProgress(Host host, bool json, int expected, int parallel)
{
    private readonly long began = Stopwatch.GetTimestamp();
    private int ended;
    private int run;
    private double secondsRun;

    /// <summary>Called by one thread at a time.</summary>
    public void Tell(TrialEnded happened)
    {
        var trial = happened.Trial;
        ended++;
        if (!happened.IsKnown)
        {
            run++;
            secondsRun += trial.TrainSeconds + trial.EvaluationSeconds;
        }

        if (json)
        {
            host.Output.WriteLine(Line(trial, happened.IsKnown));
        }
        else if (!happened.IsKnown)
        {
            host.Output.WriteLine($"{ended,4}/{Math.Max(ended, expected)}  {Describe(trial)}{Left()}");
        }

        host.Output.Flush();
    }

    public void Say(string sentence)
    {
        if (!json)
        {
            host.Output.WriteLine(sentence);
        }
    }

    private static string Describe(TrialResult trial)
    {
        var request = trial.Request;
        var settings = string.Join(" ", request.Settings.Select(setting => $"{setting.Key} {setting.Value}"));
        var fate = trial.Status switch
        {
            TrialStatus.Reached => $"reached at step {trial.StepsToGoal}",
            TrialStatus.Diverged => $"diverged at step {trial.DivergedStep}",
            TrialStatus.StoppedEarly => $"given up after step {trial.Steps}",
            TrialStatus.FailedSystem => $"failed: {trial.Explanation}",
            _ => $"{(trial.FinalValidationError is { } error ? $"error {RunText.Percent(error)}" : $"loss {(trial.Curve.IsEmpty ? double.NaN : trial.Curve[^1].ValidationLoss).ToString("G3", CultureInfo.InvariantCulture)}")} after step {trial.Steps}",
        };
        var phase = request.Phase == TrialPhase.Tuning ? "tune   " : "confirm";
        return string.Create(CultureInfo.InvariantCulture, $"{phase} batch {request.BatchSize,-6} {settings,-28}  {fate,-26} {trial.TrainSeconds + trial.EvaluationSeconds,7:F2} s");
    }

    private string Left()
    {
        if (run == 0 || ended >= expected)
        {
            return "";
        }

        var seconds = secondsRun / run * (expected - ended) / parallel;
        return $"  about {(seconds < 90 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s") : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min"))} left";
    }

    private string Line(TrialResult trial, bool isKnown)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("event", "trial");
            writer.WriteNumber("ended", ended);
            writer.WriteNumber("expected", Math.Max(ended, expected));
            writer.WriteBoolean("wasKnown", isKnown);
            writer.WriteString("key", trial.Key);
            writer.WriteString("phase", trial.Request.Phase == TrialPhase.Tuning ? "tuning" : "confirmation");
            writer.WriteNumber("batchSize", trial.Request.BatchSize);
            writer.WriteNumber("seed", trial.Request.Seed);
            writer.WriteStartObject("settings");
            foreach (var (name, value) in trial.Request.Settings)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
            writer.WriteString("status", StatusName.Of(trial.Status));
            writer.WriteNumber("steps", trial.Steps);
            WriteNumber(writer, "stepsToGoal", trial.StepsToGoal);
            WriteNumber(writer, "bestValidationError", trial.BestValidationError);
            WriteNumber(writer, "bestValidationLoss", trial.Curve.IsEmpty ? null : trial.Curve.Min(point => point.ValidationLoss));
            writer.WriteNumber("trainSeconds", trial.TrainSeconds);
            writer.WriteNumber("evaluationSeconds", trial.EvaluationSeconds);
            writer.WriteNumber("elapsedSeconds", Stopwatch.GetElapsedTime(began).TotalSeconds);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
