using System.Diagnostics;
using System.Globalization;
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

    private string Line(TrialResult trial, bool isKnown) => JsonEvents.Line("trial", json =>
    {
        json.WriteNumber("ended", ended);
        json.WriteNumber("expected", Math.Max(ended, expected));
        json.WriteBoolean("wasKnown", isKnown);
        json.WriteString("key", trial.Key);
        json.WriteString("phase", trial.Request.Phase == TrialPhase.Tuning ? "tuning" : "confirmation");
        json.WriteNumber("batchSize", trial.Request.BatchSize);
        json.WriteNumber("seed", trial.Request.Seed);
        json.WriteStartObject("settings");
        foreach (var (name, value) in trial.Request.Settings)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteString("status", StatusName.Of(trial.Status));
        json.WriteNumber("steps", trial.Steps);
        json.WriteFinite("stepsToGoal", trial.StepsToGoal);
        json.WriteFinite("bestValidationError", trial.BestValidationError);
        json.WriteFinite("bestValidationLoss", trial.Curve.IsEmpty ? null : trial.Curve.Min(point => point.ValidationLoss));
        json.WriteNumber("trainSeconds", trial.TrainSeconds);
        json.WriteNumber("evaluationSeconds", trial.EvaluationSeconds);
        json.WriteNumber("elapsedSeconds", Stopwatch.GetElapsedTime(began).TotalSeconds);
    });
}
