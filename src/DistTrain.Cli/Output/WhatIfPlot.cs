using System.Collections.Immutable;
using DistTrain.Simulation.WhatIf;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Cli.Output;

/// <summary>Predictions as a page that needs nothing else: throughput and efficiency against workers, and what a step's time goes into.</summary>
internal static class WhatIfPlot
{
    public static string Html(WhatIfTable table, string version)
    {
        var groups = table.Predictions.GroupBy(prediction => prediction.Question.Shards).Select(group => group.ToImmutableArray()).ToImmutableArray();
        var last = table.Predictions.MaxBy(prediction => prediction.SamplesPerSecond)!;
        return new ReportDocument
        {
            Kind = "Prediction",
            Title = $"{table.Model} on more workers",
            Headline = $"The most is {RunText.Whole(last.SamplesPerSecond)} samples/s, by {NumberText.Count(last.Question.Workers, "worker")} with {NumberText.Count(last.Question.ShardCount, "shard")}; the limit is then {last.Limit.Name()}",
            Findings = [.. WhatIfText.Notes(table)],
            Refusals = ["How fast it really is: this is a prediction from measured costs; what busy cores of one machine take from each other is not in it."],
            Sections =
            [
                new ReportSection("Scaling") { Figures = [Throughput(table, groups), Efficiency(table, groups)] },
                new ReportSection("Where the time goes") { Figures = [.. groups.Select(Parts)], Tables = [Rows(table)] },
            ],
            Settings = [.. WhatIfText.Header(table).Zip((string[])["what", "costs"], (value, name) => (name, value))],
            Provenance = new Provenance { ProgramVersion = version },
        }.ToHtml();
    }

    private static Figure Throughput(WhatIfTable table, ImmutableArray<ImmutableArray<Prediction>> groups)
    {
        var alone = table.Alone.SamplesPerSecond;
        var counts = table.Predictions.Select(prediction => prediction.Question.Workers).ToArray();
        var perfect = new Curve([.. new[] { counts.Min(), counts.Max() }.Select(count => ((double)count, alone * count))]) { Color = MarkColor.Faint, Dashes = "6 4", Thickness = 1.5, Name = "perfect scaling" };
        return Figure.Of(
            "Throughput",
            "Samples a second over all workers.",
            new Plot(
                "Throughput against workers",
                Workers(table),
                PlotAxis.Logarithmic("samples/s"),
                [perfect, .. Series(groups, prediction => prediction.SamplesPerSecond, prediction => $"{RunText.Whole(prediction.SamplesPerSecond)} samples/s")]),
            Data(table));
    }

    private static Figure Efficiency(WhatIfTable table, ImmutableArray<ImmutableArray<Prediction>> groups) => Figure.Of(
        "Efficiency",
        "Of one worker that holds the weights itself, times as many.",
        new Plot(
            "Efficiency against workers",
            Workers(table),
            new PlotAxis("of perfect scaling") { Numbers = TickNumbers.Percent, HoldsZero = true },
            [new Rule(1) { IsHorizontal = true, Color = MarkColor.Faint, Name = "perfect scaling" }, .. Series(groups, table.EfficiencyOf, prediction => RunText.Percent(table.EfficiencyOf(prediction)))]),
        Data(table));

    /// <summary>Bars of what a step's time goes into, one for each number of workers, with the time above.</summary>
    private static Figure Parts(ImmutableArray<Prediction> group)
    {
        var parts = StepParts.All.Where(part => group.Any(prediction => prediction.Seconds(part.Phases) / prediction.StepSeconds > 0.0005)).ToArray();
        var done = new double[group.Length];
        var bars = parts.Select((part, index) => (Mark)new Bars([.. group.Select((prediction, place) =>
        {
            var (seconds, from) = (prediction.Seconds(part.Phases), done[place]);
            done[place] += Math.Max(0, seconds / prediction.StepSeconds);
            return new Bar(
                place,
                from,
                done[place],
                $"{NumberText.Count(prediction.Question.Workers, "worker")}, {part.Name}: {NumberText.Seconds(seconds)}",
                index == parts.Length - 1 ? NumberText.Seconds(prediction.StepSeconds) : "");
        })])
        {
            Color = MarkColor.Series(index), Name = part.Name, Width = 0.74,
        }).ToImmutableArray();
        return Figure.Of(
            $"A step's time{(group[0].Question.Shards is null ? "" : $", {Shards(group)}")}",
            "Shares of a step's critical path; above: the time of the step.",
            new Plot(
                "What a step's time goes into",
                PlotAxis.OfCategories("workers", group.Select(prediction => RunText.Whole(prediction.Question.Workers))),
                new PlotAxis("of the step") { Numbers = TickNumbers.Percent, From = 0, To = 1.08 },
                bars),
            DataTable.Of(
                group[0].Question.Shards is { } shards ? $"step_time_{shards}_shards" : "step_time",
                ["workers", "step_seconds", .. StepParts.All.Select(part => part.JsonName)],
                group,
                prediction => [prediction.Question.Workers, prediction.StepSeconds, .. StepParts.All.Select(part => (object?)prediction.Seconds(part.Phases))]));
    }

    private static PlotAxis Workers(WhatIfTable table) => new("workers")
    {
        Scale = AxisScale.Logarithmic,
        Numbers = TickNumbers.Whole,
        Marked = [.. table.Predictions.Select(prediction => (double)prediction.Question.Workers).Distinct().Order()],
    };

    private static IEnumerable<Mark> Series(ImmutableArray<ImmutableArray<Prediction>> groups, Func<Prediction, double> value, Func<Prediction, string> text) => groups.SelectMany((group, index) => (Mark[])
    [
        new Curve([.. group.Select(prediction => ((double)prediction.Question.Workers, value(prediction)))]) { Color = MarkColor.Series(index), Dashes = Curve.DashesOf(index), Name = Shards(group) },
        new Dots([.. group.Select(prediction => new Dot(
            prediction.Question.Workers,
            value(prediction),
            $"{NumberText.Count(prediction.Question.Workers, "worker")}, {NumberText.Count(prediction.Question.ShardCount, "shard")}: {text(prediction)}; limit: {prediction.Limit.Name()}"))])
        {
            Color = MarkColor.Series(index), Shape = Dots.ShapeOf(index), Radius = 4, Name = Shards(group),
        },
    ]);

    private static DataTable Data(WhatIfTable table) => DataTable.Of(
        "predictions",
        ["workers", "shards", "step_seconds", "samples_per_second", "efficiency", "limit"],
        table.Predictions,
        prediction => [prediction.Question.Workers, prediction.Question.ShardCount, prediction.StepSeconds, prediction.SamplesPerSecond, table.EfficiencyOf(prediction), prediction.Limit.Name()]);

    private static ReadableTable Rows(WhatIfTable table) =>
        new("Every prediction", [.. WhatIfText.Headings], [.. table.Predictions.Select(prediction => WhatIfText.Cells(table, prediction).ToImmutableArray())], LeftColumns: 0) { Data = Data(table) };

    private static string Shards(ImmutableArray<Prediction> group) => group[0].Question.Shards switch
    {
        null => "predicted",
        1 => "1 shard",
        var count => $"{count} shards",
    };
}
