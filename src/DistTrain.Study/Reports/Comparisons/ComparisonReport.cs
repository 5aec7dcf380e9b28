using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Reports.Comparisons;

/// <summary>Several trainings beside each other: those that differ in nothing but the seed are one group.</summary>
public static class ComparisonReport
{
    /// <summary>How seconds of training are named among the metrics.</summary>
    internal const string Time = "seconds";

    internal static readonly ImmutableArray<string> MainMetrics = ["testAccuracy", "testLoss", "validationAccuracy", "validationLoss"];

    /// <exception cref="InvalidInputException">There is nothing to compare, or a run does not say what was set.</exception>
    public static ReportDocument Of(IEnumerable<RunHistory> runs)
    {
        var groups = RunGroups.Of(runs);
        var (findings, refusals) = ComparisonSentences.Of(groups);
        var first = groups.Groups[0].Runs[0];
        return new ReportDocument
        {
            Kind = "Comparison of runs",
            Title = string.Join(
                ", ",
                ((string?[])[.. groups.Groups.SelectMany(group => group.Runs).Select(run => run.DataName).Distinct(), $"{NumberText.Count(groups.Groups.Sum(group => group.Runs.Length), "run")} in {NumberText.Count(groups.Groups.Length, "group")}"]).Where(word => !string.IsNullOrEmpty(word))),
            Headline = ComparisonSentences.Headline(groups),
            Findings = findings,
            Refusals = refusals,
            Sections =
            [
                new ReportSection("Where they differ") { Tables = Differences(groups) },
                new ReportSection("How they ended") { Figures = ComparisonFigures.Final(groups), Tables = [Final(groups)] },
                new ReportSection("How they went") { Figures = ComparisonFigures.Curves(groups) },
                new ReportSection("Runs") { Tables = [Runs(groups)] },
            ],
            Settings = [.. first.Configuration.Where(setting => setting.Name != "seed" && groups.Differences.All(difference => difference.Name != setting.Name))],
            Provenance = new Provenance
            {
                ProgramVersion = Joined(groups, run => run.ProgramVersion),
                DataName = Joined(groups, run => run.DataName),
                DataHash = Joined(groups, run => run.DataHash),
                ArithmeticId = Joined(groups, run => run.ArithmeticId),
                Seed = Joined(groups, run => run.Setting("seed")),
            },
        };
    }

    /// <summary>The metrics that every group has at its end, those that say most first.</summary>
    public static ImmutableArray<string> Metrics(RunGroups groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        return
        [
            .. groups.Groups.SelectMany(group => group.Runs).SelectMany(run => run.Ending?.Metrics.Keys ?? []).Distinct()
                .Where(metric => groups.Groups.All(group => Values(group, metric).Length > 0))
                .OrderBy(metric => MainMetrics.IndexOf(metric) is var place && place < 0 ? MainMetrics.Length : place).ThenBy(metric => metric, StringComparer.Ordinal),
        ];
    }

    /// <summary>A metric of each run of the group that has it.</summary>
    public static double[] Values(RunGroup group, string metric)
    {
        ArgumentNullException.ThrowIfNull(group);
        return [.. group.Runs.Select(run => RunSentences.Last(run, metric)).OfType<double>()];
    }

    /// <summary>Seconds of training of each run of the group that says so.</summary>
    public static double[] Seconds(RunGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return [.. group.Runs.Select(run => run.Ending?.Seconds).OfType<double>()];
    }

    /// <summary>Mean and 95 % interval over the group's runs, cut where no value can be: shares lie between 0 and 1, losses and seconds are not below 0. Null without values.</summary>
    /// <param name="metric">One of <see cref="Metrics"/>, or <c>seconds</c>.</param>
    public static SeedInterval? Interval(RunGroup group, string metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return SeedInterval.Of(metric == Time ? Seconds(group) : Values(group, metric))?.Within(
            metric.EndsWith("R2", StringComparison.Ordinal) ? double.NegativeInfinity : 0,
            RunSentences.IsShare(metric) ? 1 : double.PositiveInfinity);
    }

    private static string Joined(RunGroups groups, Func<RunHistory, string?> of) => string.Join(
        ", ",
        groups.Groups.SelectMany(group => group.Runs).Select(of).Where(text => !string.IsNullOrEmpty(text)).Distinct());

    private static ImmutableArray<ReadableTable> Differences(RunGroups groups) => groups.Groups.Length < 2
        ? []
        :
        [
            new ReadableTable(
                "Settings that are not the same",
                ["setting", .. groups.Groups.Select(group => group.Letter)],
                [.. groups.Differences.Select(difference => (ImmutableArray<string>)[RunTables.Words(difference.Name), .. difference.Values])],
                LeftColumns: 9),
        ];

    private static ReadableTable Final(RunGroups groups)
    {
        var all = Metrics(groups);
        var rows = groups.Groups.SelectMany(group => all.Append(Time).Select(metric => (Group: group, Metric: metric, Interval: Interval(group, metric)))).Where(row => row.Interval is not null).Select(row => (row.Group, row.Metric, Interval: row.Interval!.Value)).ToArray();
        // Those that follow from the others, more or less, are in the file only.
        var shown = all.Where(metric => MainMetrics.Contains(metric)).ToArray() is { Length: > 0 } main ? [.. main, Time] : all.Append(Time).ToArray();
        return new ReadableTable(
            "Means over seeds",
            ["figure", "group", "mean", "95 % interval", "runs"],
            [
                .. shown.SelectMany(metric => rows.Where(row => row.Metric == metric)).Select(row => ImmutableArray.Create(
                    RunTables.Words(row.Metric), row.Group.Letter, Written(row.Metric, row.Interval.Mean),
                    row.Interval is { Lower: { } lower, Upper: { } upper } ? $"{Written(row.Metric, lower)} to {Written(row.Metric, upper)}" : "one seed: none",
                    NumberText.Whole(row.Interval.Count))),
            ],
            LeftColumns: 2)
        {
            Caption = "Student's t over seeds, cut where no value can be; the file has every figure.",
            Data = DataTable.Of(
                "final_means",
                ["group", "figure", "mean", "lower", "upper", "runs"],
                rows,
                row => [row.Group.Name, row.Metric, row.Interval.Mean, row.Interval.Lower, row.Interval.Upper, row.Interval.Count]),
        };
    }

    internal static string Written(string metric, double value) => metric == Time ? NumberText.Seconds(value) : RunSentences.Written(metric, value);

    private static ReadableTable Runs(RunGroups groups)
    {
        var metrics = Metrics(groups).Take(4).ToArray();
        var runs = groups.Groups.SelectMany(group => group.Runs.Select(run => (group, run))).ToArray();
        return new ReadableTable(
            "Every run",
            ["group", "run", "ended", "seed", "epochs", .. metrics.Select(RunTables.Words), "seconds", "weights"],
            [
                .. runs.Select(row => (ImmutableArray<string>)
                [
                    row.group.Letter, row.run.Name, row.run.Ending?.Outcome ?? "not yet", row.run.Setting("seed") ?? "", NumberText.Whole(row.run.Ending?.Epochs ?? row.run.Epochs.Length),
                    .. metrics.Select(metric => RunSentences.Last(row.run, metric) is { } value ? Written(metric, value) : ""),
                    row.run.Ending?.Seconds is { } seconds ? NumberText.Seconds(seconds) : "", row.run.Ending?.WeightsHash is { } hash ? NumberText.ShortHash(hash) : "",
                ]),
            ],
            LeftColumns: 3)
        {
            IsFolded = runs.Length > 12,
            Data = DataTable.Of(
                "runs",
                ["group", "run", "outcome", "seed", "epochs", .. Metrics(groups), "seconds", "weights_hash"],
                runs,
                row => [row.group.Letter, row.run.Name, row.run.Ending?.Outcome, row.run.Setting("seed"), row.run.Ending?.Epochs ?? row.run.Epochs.Length, .. Metrics(groups).Select(metric => (object?)RunSentences.Last(row.run, metric)), row.run.Ending?.Seconds, row.run.Ending?.WeightsHash]),
        };
    }
}
