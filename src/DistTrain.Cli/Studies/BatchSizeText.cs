using System.Globalization;
using System.Text.Json;
using DistTrain.Cli.Output;
using DistTrain.Study.Experiments;
using DistTrain.Study.Statistics;

namespace DistTrain.Cli.Studies;

/// <summary>A study's findings on the screen.</summary>
internal static class BatchSizeText
{
    public static void Write(StudyResult study, string folder, bool json, Host host)
    {
        if (json)
        {
            host.Output.WriteLine(JsonSerializer.Serialize(new
            {
                @event = "finished",
                folder,
                criticalBatchSize = study.Fit.CriticalBatchSize,
                minimumSteps = study.Fit.MinimumSteps,
                findings = study.Findings,
                refusals = study.Refusals,
            }));
            return;
        }

        host.Output.WriteLine();
        var rows = study.Batches.Select(batch => (IReadOnlyList<string>)
        [
            RunText.Whole(batch.BatchSize),
            $"{batch.Reached}/{batch.Censored}/{batch.Diverged}",
            batch.BestLearningRate?.ToString("G3", CultureInfo.InvariantCulture) ?? "-",
            batch.EdgeFlag,
            batch.TunedMinimumSteps is { } steps ? RunText.Whole(steps) : "-",
            Text(batch.StepsToGoal),
            Text(batch.EpochsToGoal),
            Text(batch.SecondsToGoal),
            batch.NoiseScaleAtGoal?.ToString("G3", CultureInfo.InvariantCulture) ?? "-",
            batch.TestError is { } error ? RunText.Percent(error) : "-",
        ]);
        foreach (var line in TextTable.Lines(["batch", "reached/not/diverged", "best rate", "in its range", "least steps", "steps to goal", "epochs", "seconds", "noise scale", "test error"], [.. rows], leftColumns: 0))
        {
            host.Output.WriteLine(line);
        }

        WriteSentences("What was found", study.Findings, host.Output);
        WriteSentences("What is not concluded", study.Refusals, host.Output);
        host.Output.WriteLine();
        host.Output.WriteLine($"report   {Path.Combine(folder, StudyFiles.Report)}");
    }

    public static void WriteSentences(string title, IEnumerable<string> sentences, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(title);
        foreach (var sentence in sentences)
        {
            output.WriteLine($"  {sentence}");
        }
    }

    private static string Text(Measured measured) => measured switch
    {
        { Median: { } median, Lower: { } lower, Upper: { } upper } => IntervalText.Of(median, lower, upper),
        { Median: { } median, Lower: { } lower } => $"{IntervalText.Of(median)} (above {IntervalText.Of(lower)})",
        { Median: { } median } => IntervalText.Of(median),
        _ => "-",
    };
}
