using System.Collections.Immutable;
using DistTrain.Study.Reports.Plotting;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Reports.Comparisons;

/// <summary>Which group is better, where the seeds allow to say so.</summary>
internal static class ComparisonSentences
{
    public static string Headline(RunGroups groups)
    {
        var metric = Main(groups);
        if (metric is null)
        {
            return "No run has ended with figures that could be compared";
        }

        var means = Ranked(groups, metric).ToArray();
        var best = means[0];
        if (means.Length == 1)
        {
            return $"{Capital(RunTables.Words(metric))} {Mean(metric, best.Group)} over {NumberText.Count(best.Values.Length, "seed")}";
        }

        var rivals = means[1..].Where(other => !IsClear(best.Values, other.Values, Confidence(means.Length))).ToArray();
        var words = $"{best.Group.Letter} ({best.Group.Difference}) has the best {RunTables.Words(metric)}, {ComparisonReport.Written(metric, best.Values.Average())} on average";
        return rivals.Length == 0 ? $"{words}, beyond what seeds explain" : $"{words}, but seeds may explain its lead over {string.Join(", ", rivals.Select(rival => rival.Group.Letter))}";
    }

    public static (ImmutableArray<string> Findings, ImmutableArray<string> Refusals) Of(RunGroups groups)
    {
        var (findings, refusals) = (new List<string>(), new List<string>());
        foreach (var metric in (string?[])[Main(groups), ComparisonReport.Metrics(groups).FirstOrDefault(name => name.EndsWith("Loss", StringComparison.Ordinal))])
        {
            if (metric is not null)
            {
                Compare(groups, metric, findings, refusals);
            }
        }

        foreach (var group in groups.Groups)
        {
            var values = ComparisonReport.Seconds(group);
            if (values.Length > 0)
            {
                findings.Add($"{group.Letter} trained for {Mean(ComparisonReport.Time, group)} a run.");
            }
        }

        if (groups.Groups.Any(group => group.Runs.Length == 1))
        {
            refusals.Add($"How far seeds spread {string.Join(", ", groups.Groups.Where(group => group.Runs.Length == 1).Select(group => group.Letter))}: there is one run of it. Train it again with other seeds.");
        }

        if (groups.Groups.Length > 1)
        {
            refusals.Add("Whether seconds compare: nothing here says that all runs had the machine for themselves.");
        }

        return ([.. findings], [.. refusals]);
    }

    private static void Compare(RunGroups groups, string metric, List<string> findings, List<string> refusals)
    {
        var ranked = Ranked(groups, metric).ToArray();
        foreach (var (group, values) in ranked)
        {
            findings.Add($"{group.Letter} ends with a {RunTables.Words(metric)} of {Mean(metric, group)} over {NumberText.Count(values.Length, "seed")}.");
        }

        var confidence = Confidence(ranked.Length);
        foreach (var (group, values) in ranked.Skip(1))
        {
            var best = ranked[0];
            if (SeedInterval.Difference(best.Values, values, confidence) is not { Lower: { } lower, Upper: { } upper } difference)
            {
                refusals.Add($"Whether {best.Group.Letter} and {group.Letter} differ in {RunTables.Words(metric)}: it takes at least two seeds of each.");
            }
            else if (lower > 0 || upper < 0)
            {
                findings.Add($"{best.Group.Letter} is better than {group.Letter} in {RunTables.Words(metric)} by {Size(metric, difference.Mean)} ({NumberText.Figure(confidence * 100)} % interval {Size(metric, Math.Min(Math.Abs(lower), Math.Abs(upper)))} to {Size(metric, Math.Max(Math.Abs(lower), Math.Abs(upper)))}, Welch).");
            }
            else
            {
                refusals.Add($"Whether {best.Group.Letter} and {group.Letter} differ in {RunTables.Words(metric)}: the difference of the means is {Size(metric, difference.Mean)}, but its {NumberText.Figure(confidence * 100)} % interval holds 0 ({Signed(metric, lower)} to {Signed(metric, upper)}).");
            }
        }
    }

    /// <summary>With several rivals each comparison must be surer, so that all of them together are right as often (Bonferroni).</summary>
    private static double Confidence(int groups) => 1 - ((1 - SeedInterval.UsualConfidence) / Math.Max(1, groups - 1));

    private static bool IsClear(double[] best, double[] other, double confidence) => SeedInterval.Difference(best, other, confidence) is { Lower: { } lower, Upper: { } upper } && (lower > 0 || upper < 0);

    private static string? Main(RunGroups groups)
    {
        var metrics = ComparisonReport.Metrics(groups);
        return RunSentences.Shown.Select(shown => shown.Metric).FirstOrDefault(metrics.Contains);
    }

    private static IEnumerable<(RunGroup Group, double[] Values)> Ranked(RunGroups groups, string metric)
    {
        var all = groups.Groups.Select(group => (group, Values: ComparisonReport.Values(group, metric))).ToArray();
        return IsBetterAbove(metric) ? all.OrderByDescending(pair => pair.Values.Average()) : all.OrderBy(pair => pair.Values.Average());
    }

    private static bool IsBetterAbove(string metric) => !metric.EndsWith("Loss", StringComparison.Ordinal) && !metric.EndsWith("Error", StringComparison.Ordinal) && !metric.EndsWith("Mse", StringComparison.Ordinal) && !metric.EndsWith("Mae", StringComparison.Ordinal);

    private static string Mean(string metric, RunGroup group) => ComparisonReport.Interval(group, metric) switch
    {
        { Lower: { } lower, Upper: { } upper } interval => $"{ComparisonReport.Written(metric, interval.Mean)} (95 % interval {ComparisonReport.Written(metric, lower)} to {ComparisonReport.Written(metric, upper)})",
        var interval => ComparisonReport.Written(metric, interval?.Mean ?? double.NaN),
    };

    /// <summary>A difference of shares is in percentage points.</summary>
    private static string Size(string metric, double difference) => RunSentences.IsShare(metric) ? $"{NumberText.Figure(Math.Abs(difference) * 100)} points" : NumberText.Figure(Math.Abs(difference));

    private static string Signed(string metric, double difference) => RunSentences.IsShare(metric) ? $"{NumberText.Figure(difference * 100)} points" : NumberText.Figure(difference);

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
