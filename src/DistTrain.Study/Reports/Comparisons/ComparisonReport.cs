using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Reports.Comparisons;

/// <summary>Several trainings beside each other: those that differ in nothing but the seed are one group.</summary>
public static class ComparisonReport
{
    /// <exception cref="InvalidInputException">There is nothing to compare, or a run does not say what was set.</exception>
    public static ReportDocument Of(IEnumerable<RunHistory> runs)
    {
        var groups = RunGroups.Of(runs);
        var (findings, refusals) = ComparisonSentences.Of(groups);
        var first = groups.Groups[0].Runs[0];
        return new ReportDocument
        {
            Kind = "Comparison of runs",
            Title = string.Join(", ", ((string?[])[.. groups.Groups.SelectMany(group => group.Runs).Select(run => run.DataName).Distinct(), $"{NumberText.Count(groups.Groups.Sum(group => group.Runs.Length), "run")} in {NumberText.Count(groups.Groups.Length, "group")}"]).Where(word => !string.IsNullOrEmpty(word))),
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
        string[] order = ["testAccuracy", "testLoss", "validationAccuracy", "validationLoss"];
        return
        [
            .. groups.Groups.SelectMany(group => group.Runs).SelectMany(run => run.Ending?.Metrics.Keys ?? []).Distinct()
                .Where(metric => groups.Groups.All(group => Values(group, metric).Length > 0))
                .OrderBy(metric => Array.IndexOf(order, metric) is var place && place < 0 ? order.Length : place).ThenBy(metric => metric, StringComparer.Ordinal),
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

    private static string Joined(RunGroups groups, Func<RunHistory, string?> of) => string.Join(", ", groups.Groups.SelectMany(group => group.Runs).Select(of).Where(text => !string.IsNullOrEmpty(text)).Distinct());

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
        var rows = groups.Groups.SelectMany(group => Metrics(groups).Select(metric => (group, metric, SeedInterval.Of(Values(group, metric))!.Value))
            .Concat(SeedInterval.Of(Seconds(group)) is { } seconds ? [(group, "seconds", seconds)] : [])).ToArray();
        return new ReadableTable(
            "Means over seeds",
            ["figure", "group", "mean", "95 % interval", "runs"],
            [
                .. rows.OrderBy(row => Array.IndexOf([.. rows.Select(other => other.Item2).Distinct()], row.Item2)).Select(row => ImmutableArray.Create(
                    RunTables.Words(row.Item2), row.group.Letter, Written(row.Item2, row.Item3.Mean),
                    row.Item3 is { Lower: { } lower, Upper: { } upper } ? $"{Written(row.Item2, lower)} to {Written(row.Item2, upper)}" : "one seed: none",
                    NumberText.Whole(row.Item3.Count))),
            ],
            LeftColumns: 2)
        {
            Caption = "Student's t over seeds.",
            Data = DataTable.Of("final_means", ["group", "figure", "mean", "lower", "upper", "runs"], rows, row => [row.group.Name, row.Item2, row.Item3.Mean, row.Item3.Lower, row.Item3.Upper, row.Item3.Count]),
        };
    }

    internal static string Written(string metric, double value) => metric == "seconds" ? NumberText.Seconds(value) : RunSentences.Written(metric, value);

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
