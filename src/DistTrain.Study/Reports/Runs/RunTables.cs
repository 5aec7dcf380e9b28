using System.Collections.Immutable;
using System.Text;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Runs;

/// <summary>The tables of a run.</summary>
internal static class RunTables
{
    private const int MostClassesOfMatrix = 30;
    private static readonly string[] PartNames = ["validation", "test"];

    public static ImmutableArray<ReadableTable> Of(RunHistory run) =>
    [
        .. ((ReadableTable?[])[Final(run), Parts(run), Matrix(run), Workers(run), Recoveries(run), ByEpoch(run), Configuration(run)]).OfType<ReadableTable>(),
    ];

    /// <summary>All that is known of each epoch.</summary>
    public static DataTable Epochs(RunHistory run)
    {
        var metrics = run.Epochs.SelectMany(epoch => epoch.Metrics.Keys).Distinct().Order(StringComparer.Ordinal).ToArray();
        return DataTable.Of(
            "epochs",
            ["epoch", "last_step", "train_loss", "train_accuracy", .. metrics.Select(Column), "learning_rate", "seconds", "samples_per_second", "samples", "expected_samples", "duplicated", "lost", "recomputed", "weights_hash"],
            run.Epochs,
            epoch =>
            [
                epoch.Epoch, epoch.LastStep, epoch.TrainLoss, epoch.TrainAccuracy, .. metrics.Select(metric => (object?)epoch.Metric(metric)), epoch.LearningRate, epoch.Seconds, epoch.SamplesPerSecond,
                epoch.Ledger?.Counted, epoch.Ledger?.Expected, epoch.Ledger?.Duplicated, epoch.Ledger?.Lost, epoch.Ledger?.Recomputed, epoch.WeightsHash,
            ]);
    }

    public static DataTable Layers(RunHistory run) => DataTable.Of(
        "layers",
        ["step", "tensor", "gradient_norm", "weight_norm", "update_ratio"],
        run.Layers.SelectMany(point => point.Tensors.Select(tensor => (point.Step, tensor))),
        row => [row.Step, row.tensor.Name, row.tensor.GradientNorm, row.tensor.WeightNorm, row.tensor.UpdateRatio]);

    private static ReadableTable? Final(RunHistory run)
    {
        if (run.Ending is not { Metrics.IsEmpty: false } ending)
        {
            return null;
        }

        var metrics = ending.Metrics.ToArray();
        string[] parts = [.. PartNames.Where(part => metrics.Any(metric => metric.Key.StartsWith(part, StringComparison.Ordinal)))];
        var names = metrics.Select(metric => metric.Key[(PartNames.First(part => metric.Key.StartsWith(part, StringComparison.Ordinal)).Length)..]).Distinct().OrderBy(name => name is not ("Accuracy" or "Loss")).ThenBy(name => name, StringComparer.Ordinal);
        return new ReadableTable(
            "What the saved weights do",
            ["figure", .. parts],
            [.. names.Select(name => (ImmutableArray<string>)[Words(name), .. parts.Select(part => ending.Metric(part + name) is { } value ? RunSentences.Written(part + name, value) : "")])],
            LeftColumns: 1)
        {
            Data = DataTable.Of("final", ["figure", "value"], metrics, metric => [Column(metric.Key), metric.Value]),
        };
    }

    private static ReadableTable? Parts(RunHistory run)
    {
        var parts = ((string Part, long? Samples)[])[("training", run.TrainSamples), ("validation", run.ValidationSamples), ("test", run.TestSamples)];
        var known = parts.Where(part => part.Samples > 0).ToArray();
        return known.Length == 0
            ? null
            : new ReadableTable("Samples", ["part", "samples"], [.. known.Select(part => ImmutableArray.Create(part.Part, NumberText.Whole(part.Samples!.Value)))], LeftColumns: 1);
    }

    private static ReadableTable? Matrix(RunHistory run)
    {
        if (run.Confusions is not { } confusions || confusions.ClassNames.Length > MostClassesOfMatrix)
        {
            return null;
        }

        var sums = confusions.Counts.Select(row => row.Sum()).ToArray();
        return new ReadableTable(
            "Which class was taken for which",
            ["actual", .. confusions.ClassNames, "found"],
            [.. confusions.Counts.Select((row, actual) => (ImmutableArray<string>)[confusions.ClassNames[actual], .. row.Select(count => count == 0 ? "·" : NumberText.Whole(count)), sums[actual] == 0 ? "" : NumberText.Percent((double)row[actual] / sums[actual])])],
            LeftColumns: 1)
        {
            Caption = "Samples of the test part. Rows: the class they are of; columns: the class they were taken for.",
            Shades = [.. confusions.Counts.Select((row, actual) => (ImmutableArray<double>)[0, .. row.Select(count => sums[actual] == 0 ? 0 : Math.Sqrt((double)count / sums[actual])), 0])],
            Data = DataTable.Of("confusions", ["actual", "predicted", "samples"], Pairs(confusions), pair => [pair.Actual, pair.Predicted, pair.Count]),
        };
    }

    private static IEnumerable<(string Actual, string Predicted, long Count)> Pairs(Confusions confusions) =>
        confusions.Counts.SelectMany((row, actual) => row.Select((count, predicted) => (confusions.ClassNames[actual], confusions.ClassNames[predicted], count)));

    private static ReadableTable? Workers(RunHistory run)
    {
        var shares = run.Epochs.SelectMany(epoch => epoch.Workers).GroupBy(worker => worker.Worker)
            .Select(group => (Worker: group.Key, Count: group.Sum(worker => worker.MicroBatchesAccepted), First: group.Min(worker => worker.FirstStep), Last: group.Max(worker => worker.LastStep)))
            .OrderBy(worker => worker.Worker, StringComparer.Ordinal).ToArray();
        if (shares.Length == 0)
        {
            return null;
        }

        var all = shares.Sum(worker => worker.Count);
        return new ReadableTable(
            "Who computed",
            ["worker", "micro-batches", "share", "first step", "last step"],
            [.. shares.Select(worker => ImmutableArray.Create(
                worker.Worker,
                NumberText.Whole(worker.Count),
                all == 0 ? "" : NumberText.Percent((double)worker.Count / all),
                Step(worker.First),
                Step(worker.Last)))],
            LeftColumns: 1)
        {
            Caption = "Micro-batches whose gradients were accepted. A slow worker is given fewer.",
            IsFolded = shares.Length > 16,
            Data = DataTable.Of("workers", ["worker", "micro_batches", "first_step", "last_step"], shares, worker => [worker.Worker, worker.Count, worker.First, worker.Last]),
        };
    }

    private static ReadableTable? Recoveries(RunHistory run) => run.Recoveries.IsEmpty
        ? null
        : new ReadableTable(
            "Failures that were survived",
            ["cause", "went on from step", "steps lost", "seconds lost"],
            [.. run.Recoveries.Select(recovery => ImmutableArray.Create(
                recovery.Cause,
                NumberText.Whole(recovery.FromStep),
                NumberText.Whole(recovery.LostSteps),
                recovery.LostSeconds is { } seconds ? NumberText.Figure(seconds) : ""))],
            LeftColumns: 1)
        {
            IsFolded = run.Recoveries.Length > 8,
            Data = DataTable.Of(
                "recoveries",
                ["cause", "from_step", "lost_steps", "lost_seconds"],
                run.Recoveries,
                recovery => [recovery.Cause, recovery.FromStep, recovery.LostSteps, recovery.LostSeconds]),
        };

    private static ReadableTable? ByEpoch(RunHistory run)
    {
        if (run.Epochs.IsEmpty)
        {
            return null;
        }

        var part = run.Epochs.Any(epoch => epoch.Metric("validationLoss") is not null) ? "validation" : "test";
        return new ReadableTable(
            "Every epoch",
            ["epoch", "train loss", "train accuracy", $"{part} loss", $"{part} accuracy", "rate", "samples/s", "samples", "duplicated", "lost", "weights"],
            [
                .. run.Epochs.Select(epoch => ImmutableArray.Create(
                    NumberText.Whole(epoch.Epoch), Figure(epoch.TrainLoss), Share(epoch.TrainAccuracy), Figure(epoch.Metric(part + "Loss")), Share(epoch.Metric(part + "Accuracy")), Figure(epoch.LearningRate),
                    epoch.SamplesPerSecond is { } speed ? NumberText.Whole(speed) : "",
                    epoch.Ledger is { } ledger ? $"{NumberText.Whole(ledger.Counted)} of {NumberText.Whole(ledger.Expected)}" : "",
                    epoch.Ledger is { } proof ? NumberText.Whole(proof.Duplicated) : "",
                    epoch.Ledger is { } last ? NumberText.Whole(last.Lost) : "",
                    epoch.WeightsHash is { } hash ? NumberText.ShortHash(hash) : "")),
            ],
            LeftColumns: 0)
        { IsFolded = true };
    }

    private static ReadableTable? Configuration(RunHistory run) => run.Configuration.IsEmpty
        ? null
        : new ReadableTable(
            "The whole configuration",
            ["key", "value"],
            [.. run.Configuration.Select(setting => ImmutableArray.Create(setting.Name, setting.Value))],
            LeftColumns: 2) { IsFolded = true };

    private static string Figure(double? value) => value is { } number ? NumberText.Figure(number, 4) : "";

    private static string Share(double? value) => value is { } share ? NumberText.Percent(share) : "";

    private static string Step(long? step) => step is { } number ? NumberText.Whole(number) : "";

    /// <summary><c>validationMicroF1</c> to <c>validation_micro_f1</c>.</summary>
    private static string Column(string metric) => Split(metric, '_');

    internal static string Words(string metric) => Split(metric, ' ');

    private static string Split(string metric, char between)
    {
        var words = new StringBuilder();
        foreach (var letter in metric)
        {
            if (char.IsUpper(letter) && words.Length > 0)
            {
                words.Append(between);
            }

            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }
}
