using System.Collections.Immutable;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Reports.Comparisons;

/// <summary>The plots of a comparison: means over seeds with bands.</summary>
internal static class ComparisonFigures
{
    public static ImmutableArray<Figure> Curves(RunGroups groups)
    {
        (string Title, string Name, PlotAxis Axis, Func<EpochPoint, double?> Value)[] all =
        [
            ("Training loss", "train_loss", PlotAxis.Logarithmic("loss"), epoch => epoch.TrainLoss),
            ("Validation loss", "validation_loss", PlotAxis.Logarithmic("loss"), epoch => epoch.Metric("validationLoss")),
            ("Validation error", "validation_error", Missed, epoch => 1 - epoch.Metric("validationAccuracy")),
            ("Test loss", "test_loss", PlotAxis.Logarithmic("loss"), epoch => epoch.Metric("testLoss")),
            ("Test error", "test_error", Missed, epoch => 1 - epoch.Metric("testAccuracy")),
        ];
        return [.. all.Select(curve => Curve(groups, curve.Title, curve.Name, curve.Axis, curve.Value)).OfType<Figure>()];
    }

    public static ImmutableArray<Figure> Final(RunGroups groups)
    {
        var metrics = ComparisonReport.Metrics(groups);
        return [.. ComparisonReport.MainMetrics.Append(ComparisonReport.Time).Where(metric => metrics.Contains(metric) || (metric == ComparisonReport.Time && groups.Groups.All(group => ComparisonReport.Seconds(group).Length > 0))).Select(metric => Final(groups, metric))];
    }

    private static PlotAxis Missed { get; } = new("labels missed") { Numbers = TickNumbers.Percent, HoldsZero = true };

    private static Figure? Curve(RunGroups groups, string title, string name, PlotAxis axis, Func<EpochPoint, double?> value)
    {
        var rows = groups.Groups.SelectMany(group => Epochs(group, value).Select(point => (group, point.Epoch, point.Interval))).ToArray();
        if (rows.Select(row => row.Epoch).Distinct().Count() < 2)
        {
            return null;
        }

        var bands = new List<Mark>();
        var lines = new List<Mark>();
        foreach (var (group, index) in groups.Groups.Select((group, index) => (group, index)))
        {
            var own = rows.Where(row => row.group == group).ToArray();
            if (own.Any(row => row.Interval.Lower is not null))
            {
                // A t interval may reach below 0, where no loss and no error can be.
                bands.Add(new Band([.. own.Where(row => row.Interval.Lower is not null).Select(row => ((double)row.Epoch, Floor(axis, row.Interval), row.Interval.Upper!.Value))]) { Color = MarkColor.Series(index), Name = group.Name });
            }

            lines.Add(new Curve([.. own.Select(row => ((double)row.Epoch, row.Interval.Mean))]) { Color = MarkColor.Series(index), Dashes = Plotting.Curve.DashesOf(index), Name = group.Name });
            lines.Add(new Dots([.. own.Select(row => new Dot(
                row.Epoch,
                row.Interval.Mean,
                $"{group.Letter}, epoch {row.Epoch}: {NumberText.Figure(row.Interval.Mean, 4)}{(row.Interval is { Lower: { } lower, Upper: { } upper } ? $" ({NumberText.Figure(lower, 4)} to {NumberText.Figure(upper, 4)})" : "")}"))]) { Color = MarkColor.Series(index), Radius = own.Length > 60 ? 1.2 : 2.2 });
        }

        return Figure.Of(
            title,
            "Mean over seeds, with its 95 % t interval as a band where there are two seeds or more.",
            new Plot($"{title} by epoch", new PlotAxis("epoch"), axis, [.. bands, .. lines]),
            DataTable.Of(name, ["group", "epoch", "mean", "lower", "upper", "runs"], rows, row => [row.group.Letter, row.Epoch, row.Interval.Mean, row.Interval.Lower, row.Interval.Upper, row.Interval.Count]));
    }

    private static double Floor(PlotAxis axis, SeedInterval interval) => axis.Scale == AxisScale.Logarithmic ? Math.Max(interval.Lower!.Value, interval.Mean / 10) : Math.Max(interval.Lower!.Value, 0);

    private static IEnumerable<(int Epoch, SeedInterval Interval)> Epochs(RunGroup group, Func<EpochPoint, double?> value) => group.Runs
        .SelectMany(run => run.Epochs.Where(epoch => value(epoch) is not null).Select(epoch => (epoch.Epoch, Value: value(epoch)!.Value)))
        .Where(point => double.IsFinite(point.Value))
        .GroupBy(point => point.Epoch)
        .OrderBy(epoch => epoch.Key)
        .Select(epoch => (epoch.Key, SeedInterval.Of([.. epoch.Select(point => point.Value)])!.Value));

    private static Figure Final(RunGroups groups, string metric)
    {
        var rows = groups.Groups.Select((group, index) => (group, index, Values: metric == ComparisonReport.Time ? ComparisonReport.Seconds(group) : ComparisonReport.Values(group, metric))).ToArray();
        var marks = new List<Mark>();
        foreach (var (group, index, values) in rows)
        {
            var interval = ComparisonReport.Interval(group, metric)!.Value;
            var color = MarkColor.Series(index);
            marks.Add(new Dots([.. values.Select(value => new Dot(value, index + 0.22, $"{group.Letter}, one run: {ComparisonReport.Written(metric, value)}"))]) { Color = color, Radius = 2.5, IsHollow = true });
            if (interval is { Lower: { } lower, Upper: { } upper })
            {
                marks.Add(new Intervals([new Interval(
                    index,
                    lower,
                    upper,
                    $"{group.Letter}: {ComparisonReport.Written(metric, lower)} to {ComparisonReport.Written(metric, upper)}")]) { Color = color, IsHorizontal = true });
            }

            marks.Add(new Dots([new Dot(interval.Mean, index, $"{group.Letter}, mean: {ComparisonReport.Written(metric, interval.Mean)}")]) { Color = color, Shape = Dots.ShapeOf(index) });
        }

        var title = char.ToUpperInvariant(metric[0]) + RunTables.Words(metric)[1..];
        return Figure.Of(
            title,
            "Means with their 95 % t intervals; small: each run. The table above says which group is which.",
            new Plot(
                $"{title} of each group",
                new PlotAxis(RunSentences.IsShare(metric) ? "labels hit" : metric == ComparisonReport.Time ? "seconds of training" : "loss") { Numbers = RunSentences.IsShare(metric) ? TickNumbers.Percent : TickNumbers.Short },
                PlotAxis.OfCategories("", groups.Groups.Select(group => group.Letter)),
                [.. marks]) { RowHeight = 46 },
            DataTable.Of($"final_{RunTables.Words(metric).Replace(' ', '_')}", ["group", "run", "value"], rows.SelectMany(row => row.Values.Select((value, run) => (row.group, run, value))), row => [row.group.Letter, row.run + 1, row.value]));
    }
}
