using System.Collections.Immutable;
using System.Net;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Output;

/// <summary>Predictions as a page that needs nothing else: throughput and efficiency against workers, and what a step's time goes into.</summary>
internal static class WhatIfPlot
{
    private const double Width = 560;
    private const double Height = 360;
    private const double Left = 70;
    private const double Right = 20;
    private const double Top = 46;
    private const double Bottom = 52;

    /// <summary>Told apart by those who do not see all colours, too.</summary>
    private static readonly ImmutableArray<string> SeriesColors = ["#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#57606a"];

    private static readonly ImmutableArray<string> PartColors = ["#4c78a8", "#e45756", "#f2a93b", "#59a14f", "#76b7b2", "#9d7fb8", "#a5adb6"];

    public static string Html(WhatIfTable table)
    {
        var groups = table.Predictions.GroupBy(prediction => prediction.Question.Shards).Select(group => group.ToImmutableArray()).ToImmutableArray();
        var lines = new StringWriter { NewLine = "\n" };
        WhatIfText.Write(table, lines);
        return $$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>What if: {{Encode(table.Model)}}</title>
            <style>
            body { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #24292f; background: #fff; margin: 28px auto; max-width: 1180px; padding: 0 16px; }
            h1 { font-size: 22px; margin: 0 0 6px; } p { margin: 2px 0; color: #57606a; font-size: 13px; }
            .charts { display: flex; flex-wrap: wrap; gap: 24px 20px; margin: 22px 0; } svg text { font-family: inherit; }
            pre { font-size: 12px; line-height: 1.45; background: #f6f8fa; border-radius: 6px; padding: 14px; white-space: pre-wrap; }
            </style></head><body>
            <h1>What if {{Encode(table.Model)}} trained on more workers</h1>
            {{string.Concat(WhatIfText.Header(table).Select(line => $"<p>{Encode(line)}</p>\n"))}}
            <div class="charts">
            {{Throughput(table, groups)}}
            {{Efficiency(table, groups)}}
            {{string.Join('\n', groups.Select(Parts))}}
            </div>
            <pre>{{Encode(lines.ToString())}}</pre>
            </body></html>
            """.ReplaceLineEndings("\n") + "\n";
    }

    private static string Throughput(WhatIfTable table, ImmutableArray<ImmutableArray<Prediction>> groups)
    {
        var all = table.Predictions;
        var alone = table.Alone.SamplesPerSecond;
        var most = all.Max(prediction => prediction.Question.Workers);
        var y = Axis.Decades(Math.Min(alone, all.Min(prediction => prediction.SamplesPerSecond)), Math.Max(alone * most, all.Max(prediction => prediction.SamplesPerSecond)), Height - Bottom, Top);
        var (svg, x) = Frame("Throughput", "samples/s", all, y, y.DecadeMarks(), AxisText.Short);
        var first = all.Min(prediction => prediction.Question.Workers);
        svg.Line(x.At(first), y.At(alone * first), x.At(most), y.At(alone * most), Svg.Faint, 1.5, "6 4");
        Series(svg, x, y, groups, prediction => prediction.SamplesPerSecond, prediction => $"{RunText.Whole(prediction.SamplesPerSecond)} samples/s");
        Legend(svg, groups, "perfect scaling");
        return svg.Element("Throughput against workers");
    }

    private static string Efficiency(WhatIfTable table, ImmutableArray<ImmutableArray<Prediction>> groups)
    {
        var most = Math.Max(100, Math.Ceiling(table.Predictions.Max(table.EfficiencyOf) * 10) * 10);
        var y = new Axis(0, most, Height - Bottom, Top, IsLogarithmic: false);
        var (svg, x) = Frame("Efficiency, of one worker that holds the weights itself", "% of perfect scaling", table.Predictions, y, Enumerable.Range(0, 6).Select(mark => mark * 20.0).Where(mark => mark <= most), AxisText.Short);
        svg.Line(x.From, y.At(100), x.To, y.At(100), Svg.Faint, 1.5, "6 4");
        Series(svg, x, y, groups, prediction => table.EfficiencyOf(prediction) * 100, prediction => RunText.Percent(table.EfficiencyOf(prediction)));
        Legend(svg, groups, null);
        return svg.Element("Efficiency against workers");
    }

    /// <summary>Bars of what a step's time goes into, one for each number of workers, with the time above.</summary>
    private static string Parts(ImmutableArray<Prediction> group)
    {
        var parts = StepParts.All.Select((part, index) => (part, Color: PartColors[index])).Where(pair => group.Any(prediction => prediction.Seconds(pair.part.Phases) / prediction.StepSeconds > 0.0005)).ToArray();
        const double legend = 110;
        var svg = new Svg(Width, Height);
        svg.Text(Left - 50, 20, $"A step's time{(group[0].Question.Shards is null ? "" : $", {Shards(group)}")}", size: 14, isBold: true);
        var y = new Axis(0, 100, Height - Bottom, Top + 14, IsLogarithmic: false);
        foreach (var mark in (int[])[0, 20, 40, 60, 80, 100])
        {
            svg.Line(Left, y.At(mark), Width - Right - legend, y.At(mark), Svg.Grid);
            svg.Text(Left - 8, y.At(mark) + 4, $"{mark}", "end", Svg.Faint, 11);
        }

        var slot = (Width - Left - Right - legend) / group.Length;
        for (var i = 0; i < group.Length; i++)
        {
            // Where bars are narrow, their times stand in two rows.
            Bar(svg, y, group[i], Left + (slot * i), slot, y.At(100) - 6 - (slot < 44 && i % 2 == 1 ? 11 : 0), parts);
        }

        svg.Text(Left + ((Width - Left - Right - legend) / 2), Height - 14, "workers", "middle", Svg.Faint);
        svg.Text(18, (Top + Height - Bottom) / 2, "% of the step", "middle", Svg.Faint, isUpright: true);
        for (var i = 0; i < parts.Length; i++)
        {
            // In the order of the bars, from the top.
            var line = Top + 22 + ((parts.Length - 1 - i) * 20);
            svg.Box(Width - Right - legend + 14, line - 10, 12, 12, parts[i].Color);
            svg.Text(Width - Right - legend + 32, line, parts[i].part.Name, size: 12);
        }

        return svg.Element("What a step's time goes into");
    }

    private static void Bar(Svg svg, Axis y, Prediction prediction, double left, double slot, double above, ((string Name, string JsonName, ImmutableArray<Phase> Phases) Part, string Color)[] parts)
    {
        var done = 0.0;
        foreach (var (part, color) in parts)
        {
            var share = Math.Max(0, prediction.Seconds(part.Phases) / prediction.StepSeconds * 100);
            svg.Box(left + (slot * 0.14), y.At(done + share), slot * 0.72, y.At(done) - y.At(done + share), color, $"{part.Name}: {AxisText.Seconds(prediction.Seconds(part.Phases))}");
            done += share;
        }

        var size = slot < 44 ? 9 : 11;
        svg.Text(left + (slot / 2), above, AxisText.Seconds(prediction.StepSeconds), "middle", Svg.Ink, size);
        svg.Text(left + (slot / 2), Height - Bottom + 17, RunText.Whole(prediction.Question.Workers), "middle", Svg.Faint, size);
    }

    private static (Svg Svg, Axis X) Frame(string title, string unit, ImmutableArray<Prediction> predictions, Axis y, IEnumerable<double> marks, Func<double, string> text)
    {
        var svg = new Svg(Width, Height);
        svg.Text(Left - 50, 20, title, size: 14, isBold: true);
        var counts = predictions.Select(prediction => prediction.Question.Workers).Distinct().Order().ToArray();
        var x = new Axis(counts[0], Math.Max(counts[^1], counts[0] * 2), Left + 12, Width - Right - 12, IsLogarithmic: true);
        foreach (var mark in marks)
        {
            svg.Line(Left, y.At(mark), Width - Right, y.At(mark), Svg.Grid);
            svg.Text(Left - 8, y.At(mark) + 4, text(mark), "end", Svg.Faint, 11);
        }

        var last = double.NegativeInfinity;
        foreach (var count in counts)
        {
            svg.Line(x.At(count), Height - Bottom, x.At(count), Height - Bottom + 4, Svg.Faint);
            if (x.At(count) - last >= 34)
            {
                last = x.At(count);
                svg.Text(last, Height - Bottom + 17, RunText.Whole(count), "middle", Svg.Faint, 11);
            }
        }

        svg.Line(Left, Height - Bottom, Width - Right, Height - Bottom, Svg.Faint);
        svg.Text((Left + Width - Right) / 2, Height - 14, "workers", "middle", Svg.Faint);
        svg.Text(18, (Top + Height - Bottom) / 2, unit, "middle", Svg.Faint, isUpright: true);
        return (svg, x);
    }

    private static void Series(Svg svg, Axis x, Axis y, ImmutableArray<ImmutableArray<Prediction>> groups, Func<Prediction, double> value, Func<Prediction, string> text)
    {
        for (var i = 0; i < groups.Length; i++)
        {
            var color = SeriesColors[i % SeriesColors.Length];
            svg.Path(groups[i].Select(prediction => (x.At(prediction.Question.Workers), y.At(value(prediction)))), color);
            foreach (var prediction in groups[i])
            {
                svg.Dot(x.At(prediction.Question.Workers), y.At(value(prediction)), color, $"{prediction.Question.Workers} workers, {prediction.Question.ShardCount} shards: {text(prediction)}; limit: {prediction.Limit.Name()}");
            }
        }
    }

    /// <summary>A line of words above the drawing, where nothing else is.</summary>
    private static void Legend(Svg svg, ImmutableArray<ImmutableArray<Prediction>> groups, string? dashed)
    {
        var x = Left;
        if (dashed is not null)
        {
            svg.Line(x, 36, x + 22, 36, Svg.Faint, 1.5, "6 4");
            svg.Text(x + 28, 40, dashed, color: Svg.Faint);
            x += 130;
        }

        for (var i = 0; i < groups.Length; i++)
        {
            svg.Line(x, 36, x + 18, 36, SeriesColors[i % SeriesColors.Length], 2);
            svg.Text(x + 24, 40, Shards(groups[i]), color: Svg.Faint);
            x += 92;
        }
    }

    private static string Shards(ImmutableArray<Prediction> group) => group[0].Question.Shards switch
    {
        null => "predicted",
        1 => "1 shard",
        var count => $"{count} shards",
    };

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
