using System.Globalization;
using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Output;

/// <summary>A heading with named values below it.</summary>
public sealed record TextSection(string Title, IReadOnlyList<(string Name, string Value)> Rows);

/// <summary>What people read of a run, as plain text; the same words whether they go to a terminal or into a file.</summary>
public static class RunText
{
    private const int ShortHashLength = 12;

    /// <summary>Enough of a hash to tell it from others by eye, without the name of its algorithm.</summary>
    public static string ShortHash(string hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        var digits = hash[(hash.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return digits[..Math.Min(ShortHashLength, digits.Length)];
    }

    /// <summary>Names come from files of others and may hold anything; control characters must not reach a terminal.</summary>
    public static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    /// <summary>The version with as much of its revision as tells it from others.</summary>
    public static string ShortVersion(string version)
    {
        ArgumentNullException.ThrowIfNull(version);
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? version : version[..Math.Min(version.Length, plus + 1 + ShortHashLength)];
    }

    public static string Percent(double? share) => share is double value ? string.Create(CultureInfo.InvariantCulture, $"{value * 100:F2} %") : "-";

    public static string Loss(double value) => value < 100_000
        ? value.ToString("F4", CultureInfo.InvariantCulture)
        : value.ToString("G5", CultureInfo.InvariantCulture).Replace('E', 'e');

    public static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static IReadOnlyList<(string Name, string Value)> Header(RunDescription run)
    {
        var data = run.Data;
        var classes = data.ClassNames.IsEmpty ? "a value each" : $"{data.ClassNames.Length} classes";
        var c = run.Configuration;
        return
        [
            ("data", $"{data.Name}: {Whole(data.Train.Count)} training{(data.Validation is null ? "" : $", {Whole(data.Validation.Count)} validation")} and {Whole(data.Test.Count)} test samples of {data.Train.SampleShape}, {classes}, content {ShortHash(data.ContentHash)}"),
            ("model", $"{Graph(run.Graph)}: {Whole(run.Graph.Layout.ParameterCount)} parameters"),
            ("engine", $"{c.Engine}, kernels {run.KernelPath}, arithmetic {run.ArithmeticId}"),
            ("workers", $"{Workers(c)}, batches of {c.BatchSize} samples"),
            .. run.GhostBatch is { } ghost ? [("batch norm", $"statistics of {ghost} (a micro-batch) at a time")] : Array.Empty<(string, string)>(),
            ("run", run.RunDirectory),
        ];
    }

    /// <summary>Who computes.</summary>
    public static string Workers(TrainConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var over = configuration.Runtime == ConfigurationKeys.AkkaRuntime ? ", on Akka.NET" : "";
        return configuration switch
        {
            { Processes: > 0 } => $"{configuration.Processes} processes on this machine{over}",
            { Listen: { } address } => $"{configuration.MinWorkers ?? 1} or more that join on {address}{over}",
            _ => $"{configuration.Workers} {configuration.Runtime}",
        };
    }

    /// <summary>The layers in the order in which data flows, each with the shape that leaves it where it changes.</summary>
    public static string Graph(ModelGraph graph)
    {
        var words = new List<string> { $"input {graph.InputShape}" };
        var shape = graph.InputShape;
        foreach (var node in graph.Nodes.Skip(1))
        {
            words.Add(node.OutputShape == shape ? node.Operation.Kind : $"{node.Operation.Kind} {node.OutputShape}");
            shape = node.OutputShape;
        }

        return string.Join(" > ", words);
    }

    /// <summary>What an epoch gave, in parts that may stand in one line or below each other: losses and accuracies, rate and speed, the proof that every sample
    /// counted once, and the fingerprint of the weights that came of it.</summary>
    public static IReadOnlyList<string> Epoch(EpochReport report, int epochs)
    {
        ArgumentNullException.ThrowIfNull(report);
        var number = report.Epoch.ToString(CultureInfo.InvariantCulture).PadLeft(epochs.ToString(CultureInfo.InvariantCulture).Length);
        var evaluation = report.Validation ?? report.Test;
        var part = report.Validation is null ? "test" : "validation";
        var accuracies = report.TrainAccuracy is null
            ? evaluation is null ? "" : $"  {part} loss {Loss(evaluation.MeanLoss)}"
            : $"  accuracy {Percent(report.TrainAccuracy),8}{(evaluation is null ? "" : $"  {part} {Percent(evaluation.Accuracy),8}")}";
        var rate = report.LearningRate.ToString("G3", CultureInfo.InvariantCulture).Replace('E', 'e');
        var ledger = report.Ledger;
        var recomputed = ledger.RecomputedSamples == 0 ? "" : $", {Whole(ledger.RecomputedSamples)} recomputed";
        return
        [
            $"epoch {number}/{epochs}  loss {Loss(report.TrainLoss)}{accuracies}",
            $"rate {rate,-8}  {Whole(report.SamplesPerSecond),9} samples/s",
            $"{Whole(ledger.CountedSamples)} of {Whole(ledger.ExpectedSamples)} samples, {Whole(ledger.DuplicatedSamples)} duplicated, {Whole(ledger.LostSamples)} lost{recomputed}",
            $"weights {ShortHash(report.WeightsHash)}",
        ];
    }

    /// <summary>One sentence on how it ended.</summary>
    public static string Ending(RunDescription run, RunSummary summary)
    {
        var steps = $"{Whole(summary.Steps)} {(summary.Steps == 1 ? "step" : "steps")}";
        return summary.Outcome switch
        {
            RunOutcome.Completed => $"Finished {summary.Epochs} {(summary.Epochs == 1 ? "epoch" : "epochs")}, {steps}, in {Seconds(summary.Seconds)}.",
            RunOutcome.StoppedEarly => $"Stopped early after {summary.Epochs} {(summary.Epochs == 1 ? "epoch" : "epochs")}, {steps}, in {Seconds(summary.Seconds)}.",
            RunOutcome.Cancelled => $"Stopped on request after {steps}; the weights of that step are saved.",
            _ => $"Stopped after {steps}: {summary.Explanation}",
        };
    }

    /// <summary>What the user decided and what the training found, kept apart.</summary>
    public static IReadOnlyList<TextSection> Settings(RunDescription run) =>
    [
        new("What was set (hyper-parameters)", HyperParameters(run)),
        new("What was learned (parameters)", Parameters(run.Graph)),
    ];

    public static IReadOnlyList<(string Name, string Value)> Result(RunDescription run, RunSummary summary)
    {
        var rows = new List<(string, string)>();
        if (summary.RestoredEpoch is { } epoch)
        {
            rows.Add(("weights of", $"epoch {epoch}, the best by {run.Configuration.StopMetric}"));
        }

        AddEvaluation(rows, "validation", summary.Validation);
        AddEvaluation(rows, "test", summary.Test);
        if (summary.Noise is { } noise)
        {
            rows.Add(("noise scale", Noise(noise, run, summary)));
        }

        rows.Add(("training time", Seconds(summary.Seconds)));
        rows.Add(("weights", summary.WeightsHash));
        rows.Add(("run directory", run.RunDirectory));
        rows.Add(("report", Path.Combine(run.RunDirectory, "report.html")));
        return rows;
    }

    /// <summary>To two digits: it is an estimate, and of a rule of thumb.</summary>
    private static string Noise(NoiseScale noise, RunDescription run, RunSummary summary) => noise switch
    {
        { Samples: { } samples } => $"about {TwoDigits(samples)} samples, a simple estimate of the critical batch size",
        { Steps: 0 } when summary.Steps < run.Configuration.NoiseIntervalSteps => $"undetermined: none of the {Whole(summary.Steps)} steps was measured, as noise-interval is {run.Configuration.NoiseIntervalSteps}",
        _ => $"undetermined: {noise.WhyUndetermined}",
    };

    private static string TwoDigits(double value)
    {
        var rounded = double.Parse(value.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return rounded.ToString(rounded < 1 ? "G2" : rounded < 10 ? "0.#" : "N0", CultureInfo.InvariantCulture).Replace('E', 'e');
    }

    private static void AddEvaluation(List<(string Name, string Value)> rows, string part, EvaluationSummary? evaluation)
    {
        if (evaluation is null)
        {
            return;
        }

        if (evaluation.Accuracy is not null)
        {
            rows.Add(($"{part} accuracy", Percent(evaluation.Accuracy)));
        }

        rows.Add(($"{part} loss", Loss(evaluation.MeanLoss)));
    }

    public static IReadOnlyList<string> NextCommands(RunDescription run)
    {
        var directory = Shell.Quote(run.RunDirectory);
        return
        [
            $"disttrain evaluate {directory}",
            $"disttrain predict {directory} --data {Shell.Quote(run.Configuration.Data)}",
            $"disttrain inspect {directory}",
            $"disttrain train --config {Shell.Quote(Path.Combine(run.RunDirectory, "config.yaml"))}",
        ];
    }

    public static string Seconds(double seconds) => seconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60):F0} min {seconds % 60:00} s");

    private static List<(string Name, string Value)> HyperParameters(RunDescription run)
    {
        var c = run.Configuration;
        string Text(object? value) => ConfigurationWriter.ToText(value);
        var rows = new List<(string, string)>
        {
            ("model", Text(c.Model)),
            ("loss", c.Loss switch
            {
                "cross-entropy" or "binary-cross-entropy" when c.LabelSmoothing > 0 => $"{c.Loss}, label smoothing {Text(c.LabelSmoothing)}",
                "huber" => $"huber, delta {Text(c.HuberDelta)}",
                _ => Text(c.Loss),
            }),
            ("optimizer", OptimizerText.Of(c)),
            ("learning rate", Text(c.LearningRate)),
            ("schedule", ScheduleText.Rate(c)),
            ("batch size", c.MicroBatches is int count ? $"{c.BatchSize} in up to {count} micro-batches" : Text(c.BatchSize)),
            ("epochs", ScheduleText.Epochs(c)),
            ("seed", Text(c.Seed)),
            ("scaling", Text(c.Scaling)),
        };
        if (c.BatchSchedule != "constant")
        {
            rows.Insert(rows.FindIndex(row => row.Item1 == "batch size") + 1, ("batch schedule", ScheduleText.Batch(c)));
        }

        return rows;
    }

    private static List<(string Name, string Value)> Parameters(ModelGraph graph)
    {
        var rows = new List<(string, string)>();
        foreach (var node in graph.Nodes.Where(node => !node.Parameters.IsEmpty))
        {
            var tensors = node.Parameters.Select(index => graph.Layout.Tensors[index]).ToArray();
            var roles = string.Join(", ", tensors.Select(tensor => $"{tensor.Name[(node.Name.Length + 1)..]} {tensor.Shape}"));
            rows.Add((node.Name, $"{Whole(tensors.Where(tensor => tensor.Update is LearnedParameter).Sum(tensor => (long)tensor.Length)),9}  {roles}"));
        }

        rows.Add(("total", $"{Whole(graph.Layout.ParameterCount),9}"));
        return rows;
    }
}
