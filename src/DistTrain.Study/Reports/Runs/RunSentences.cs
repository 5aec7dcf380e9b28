using System.Collections.Immutable;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Runs;

/// <summary>What a run has shown, in sentences.</summary>
internal static class RunSentences
{
    public static string Headline(RunHistory run)
    {
        var epochs = run.Ending?.Epochs ?? run.Epochs.Length;
        var after = $"after {NumberText.Count(epochs, "epoch")}";
        if (run.Ending is { Outcome: "non-finite" or "contradicted" or "server-lost" } failure)
        {
            return $"The training did not end well: {(failure.Explanation ?? failure.Outcome).TrimEnd('.')}";
        }

        var interrupted = run.Ending is { Outcome: "interrupted" } ? "; it was interrupted" : run.Ending is null ? "; it has not ended" : "";
        foreach (var (metric, words) in Shown)
        {
            if (Last(run, metric) is { } value)
            {
                return $"{words} {Written(metric, value)} {after}{interrupted}";
            }
        }

        return $"Training loss {NumberText.Figure(run.Epochs.LastOrDefault()?.TrainLoss ?? double.NaN)} {after}{interrupted}";
    }

    public static ImmutableArray<string> Findings(RunHistory run) =>
    [
        .. Quality(run),
        .. Course(run),
        .. Ledger(run),
        .. Speed(run),
        .. Failures(run),
        .. Noise(run),
        .. (run.Ending?.Advice ?? []).Where(sentence => sentence.Length > 0).Select(sentence => $"{char.ToUpperInvariant(sentence[0])}{sentence[1..].TrimEnd('.')}."),
    ];

    public static ImmutableArray<string> Refusals(RunHistory run)
    {
        var refusals = ImmutableArray.CreateBuilder<string>();
        refusals.Add("How much of this is the seed's doing: one run cannot say. Train several seeds and lay them beside each other with 'disttrain compare'.");
        if (run.ValidationSamples > 0 && run.Ending?.RestoredEpoch is not null)
        {
            refusals.Add("How good the weights are, from the validation part: it chose them, so that its figures are too good. The test part took no part in that.");
        }
        else if (run.ValidationSamples is 0 or null && run.Ending?.Metrics.Keys.Any(IsTest) == true)
        {
            refusals.Add("How good a model is that was chosen by these curves: they are of the test part, which is then no test any more. Set a part aside with --validation-ratio before comparing settings.");
        }

        if (run.Ending is null)
        {
            refusals.Add("How it ends: no line of the metrics says so; the training goes on, or its process is gone.");
        }

        return refusals.ToImmutable();
    }

    internal static readonly ImmutableArray<(string Metric, string Words)> Shown =
    [
        ("testAccuracy", "Test accuracy"), ("validationAccuracy", "Validation accuracy"), ("testR2", "Test R²"), ("testLoss", "Test loss"), ("validationLoss", "Validation loss"),
    ];

    internal static bool IsTest(string metric) => metric.StartsWith("test", StringComparison.Ordinal);

    /// <summary>Of the weights that it ended with, or of the last epoch that says.</summary>
    internal static double? Last(RunHistory run, string metric) => run.Ending?.Metric(metric) ?? run.Epochs.LastOrDefault(epoch => epoch.Metric(metric) is not null)?.Metric(metric);

    internal static string Written(string metric, double value) => IsShare(metric) ? NumberText.Percent(value) : NumberText.Figure(value, 4);

    internal static bool IsShare(string metric) =>
        metric.EndsWith("Accuracy", StringComparison.Ordinal) || metric.EndsWith("TopK", StringComparison.Ordinal) || metric.EndsWith("Precision", StringComparison.Ordinal)
        || metric.EndsWith("Recall", StringComparison.Ordinal) || metric.EndsWith("F1", StringComparison.Ordinal) || metric.EndsWith("Error", StringComparison.Ordinal);

    private static IEnumerable<string> Quality(RunHistory run)
    {
        foreach (var (part, samples) in ((string, long?)[])[("test", run.TestSamples), ("validation", run.ValidationSamples)])
        {
            if (Last(run, part + "Loss") is not { } loss)
            {
                continue;
            }

            var accuracy = Last(run, part + "Accuracy") is { } share ? $" and an accuracy of {NumberText.Percent(share)}" : "";
            yield return $"The weights have a loss of {NumberText.Figure(loss, 4)}{accuracy} on the {(samples is > 0 ? NumberText.Count(samples.Value, part + " sample") : part + " part")}.";
        }
    }

    private static IEnumerable<string> Course(RunHistory run)
    {
        var metric = run.Epochs.Any(epoch => epoch.Metric("validationLoss") is not null) ? "validationLoss" : "testLoss";
        var curve = run.Epochs.Where(epoch => epoch.Metric(metric) is not null).ToArray();
        if (curve.Length < 2)
        {
            yield break;
        }

        var best = curve.MinBy(epoch => epoch.Metric(metric))!;
        var words = metric == "validationLoss" ? "validation loss" : "test loss";
        yield return best == curve[^1]
            ? $"The {words} was still at its lowest, {NumberText.Figure(best.Metric(metric)!.Value, 4)}, in the last epoch ({best.Epoch})."
            : $"The {words} was lowest in epoch {best.Epoch} ({NumberText.Figure(best.Metric(metric)!.Value, 4)}) and {NumberText.Figure(curve[^1].Metric(metric)!.Value, 4)} in the last, epoch {curve[^1].Epoch}.";
    }

    private static IEnumerable<string> Ledger(RunHistory run)
    {
        var ledgers = run.Epochs.Where(epoch => epoch.Ledger is not null).Select(epoch => epoch.Ledger!.Value).ToArray();
        if (ledgers.Length == 0)
        {
            yield break;
        }

        var (duplicated, lost, recomputed) = (ledgers.Sum(ledger => ledger.Duplicated), ledgers.Sum(ledger => ledger.Lost), ledgers.Sum(ledger => ledger.Recomputed));
        yield return ledgers.All(ledger => ledger.Counted == ledger.Expected) && duplicated == 0 && lost == 0
            ? $"By the server's ledger, each of the {NumberText.Count(ledgers.Length, "epoch")} used {NumberText.Whole(ledgers[^1].Counted)} of {NumberText.Whole(ledgers[^1].Expected)} samples, 0 duplicated, 0 lost{(recomputed > 0 ? $", {NumberText.Whole(recomputed)} recomputed" : "")}."
            : $"By the server's ledger, {NumberText.Whole(ledgers.Sum(ledger => ledger.Counted))} of {NumberText.Whole(ledgers.Sum(ledger => ledger.Expected))} samples were used over all epochs, {NumberText.Whole(duplicated)} duplicated, {NumberText.Whole(lost)} lost.";
    }

    private static IEnumerable<string> Speed(RunHistory run)
    {
        var speeds = run.Epochs.Select(epoch => epoch.SamplesPerSecond).OfType<double>().Order().ToArray();
        if (speeds.Length > 0)
        {
            var took = run.Ending?.Seconds is { } seconds ? $"Training took {NumberText.Seconds(seconds)}; its" : "Its";
            yield return $"{took} middle epoch went at {NumberText.Whole(speeds[speeds.Length / 2])} samples/s, the slowest at {NumberText.Whole(speeds[0])} and the fastest at {NumberText.Whole(speeds[^1])}.";
        }
    }

    private static IEnumerable<string> Failures(RunHistory run)
    {
        if (run.Recoveries.IsEmpty && run.Resumptions == 0)
        {
            yield break;
        }

        var lost = run.Recoveries.Sum(recovery => recovery.LostSteps);
        var returned = run.Recoveries.IsEmpty ? "" : $" It returned to a checkpoint {NumberText.Count(run.Recoveries.Length, "time")}; {NumberText.Count(lost, "step")} had to be made again, which changes nothing in the weights.";
        var resumed = run.Resumptions == 0 ? "" : $" Another process went on with it {NumberText.Count(run.Resumptions, "time")}.";
        yield return (returned + resumed).TrimStart();
    }

    private static IEnumerable<string> Noise(RunHistory run)
    {
        var last = run.Noise.LastOrDefault();
        if (last is not null)
        {
            yield return last.NoiseScale is { } scale
                ? $"The gradient's noise scale was {NumberText.Figure(scale)} samples at step {NumberText.Whole(last.Step)}: batches far below it learn as much from each sample, batches far above it waste samples."
                : $"The gradient's noise scale is undetermined at step {NumberText.Whole(last.Step)}: the estimate of the squared norm of the true gradient is {NumberText.Figure(last.GradientSquaredNorm)}, not above 0.";
        }
    }
}
