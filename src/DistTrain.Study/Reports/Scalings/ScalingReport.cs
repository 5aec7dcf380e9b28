using System.Collections.Immutable;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Scalings;

/// <summary>The report of a study of scaling: throughput and time to the goal against workers, measured beside predicted.</summary>
public static class ScalingReport
{
    public static ReportDocument Of(ScalingOutcome scaling, Provenance provenance)
    {
        ArgumentNullException.ThrowIfNull(scaling);
        ArgumentNullException.ThrowIfNull(provenance);
        return new ReportDocument
        {
            Kind = "Scaling study",
            Title = scaling.Title,
            Headline = Headline(scaling),
            Findings = [.. scaling.Series.SelectMany(Findings), .. scaling.Findings],
            Refusals = [.. Refusals(scaling), .. scaling.Refusals],
            Sections =
            [
                .. scaling.Series.Select(series => new ReportSection(Capital(Name(series.Kind)))
                {
                    Introduction = series.Kind == ScalingKind.FixedGlobalBatch
                        ? "Strong scaling: each step has the same samples, shared by more workers, so that the training is the same, bit for bit, and only faster."
                        : "Weak scaling: each worker has as many samples in a step as before, so that the batch grows with the workers, and the training becomes another.",
                    Figures = Figures(scaling, series),
                    Tables = [Table(series)],
                }),
            ],
            Settings = [.. scaling.Goal is { } goal ? ((string, string)[])[("goal", goal.ToString())] : [], ("measured on", scaling.Placement), .. scaling.Settings],
            Provenance = provenance,
        };
    }

    internal static string Name(ScalingKind kind) => kind == ScalingKind.FixedGlobalBatch ? "fixed global batch" : "fixed batch per worker";

    private static string Headline(ScalingOutcome scaling)
    {
        var best = scaling.Series.SelectMany(series => series.Points.Select(point => (series, point, Efficiency: series.Efficiency(point, Measured)))).Where(row => row.point.Workers > row.series.Points[0].Workers && row.Efficiency is not null).ToArray();
        if (best.Length == 0)
        {
            return "Fewer than two numbers of workers were measured: nothing is known of scaling";
        }

        var (of, most, efficiency) = best.Where(row => row.series == best[0].series).MaxBy(row => row.point.Workers);
        return $"{NumberText.Count(most.Workers, "worker")} train {NumberText.Figure(Measured(most)!.Value / Measured(of.Points[0])!.Value)} times as fast as {NumberText.Whole(of.Points[0].Workers)} with a {Name(of.Kind)}, an efficiency of {NumberText.Percent(efficiency!.Value)}";
    }

    private static double? Measured(ScalingPoint point) => point.SamplesPerSecond.Median;

    private static double? Predicted(ScalingPoint point) => point.PredictedSamplesPerSecond;

    private static IEnumerable<string> Findings(ScalingSeries series)
    {
        foreach (var point in series.Points.Where(point => Measured(point) is not null))
        {
            var efficiency = point.Workers > series.Points[0].Workers && series.Efficiency(point, Measured) is { } share ? $", an efficiency of {NumberText.Percent(share)}" : "";
            var range = point.SamplesPerSecond is { Lower: { } lower, Upper: { } upper } ? $" ({NumberText.Whole(lower)} to {NumberText.Whole(upper)})" : "";
            yield return $"With a {Name(series.Kind)}, {NumberText.Count(point.Workers, "worker")} made {NumberText.Whole(Measured(point)!.Value)} samples/s{range}{efficiency}.";
        }

        var ratios = series.Points.Where(point => Measured(point) is not null && Predicted(point) is not null).Select(point => Predicted(point)!.Value / Measured(point)!.Value).ToArray();
        if (ratios.Length > 0)
        {
            yield return $"The prediction for a {Name(series.Kind)} is {NumberText.Figure(ratios.Min())} to {NumberText.Figure(ratios.Max())} times what was measured.";
        }
    }

    private static IEnumerable<string> Refusals(ScalingOutcome scaling)
    {
        foreach (var series in scaling.Series)
        {
            foreach (var point in series.Points)
            {
                if (point.SamplesPerSecond.Refusal is { } reason)
                {
                    yield return $"The throughput of {NumberText.Count(point.Workers, "worker")} with a {Name(series.Kind)}: {reason.TrimEnd('.')}.";
                }

                if (point.SecondsToGoal?.Refusal is { } goal)
                {
                    yield return $"The seconds to the goal of {NumberText.Count(point.Workers, "worker")} with a {Name(series.Kind)}: {goal.TrimEnd('.')}.";
                }
            }
        }

        yield return $"How it scales elsewhere: this was measured on {scaling.Placement}.";
    }

    private static ImmutableArray<Figure> Figures(ScalingOutcome scaling, ScalingSeries series)
    {
        var workers = new PlotAxis("workers") { Scale = AxisScale.Logarithmic, Numbers = TickNumbers.Whole, Marked = [.. series.Points.Select(point => (double)point.Workers)] };
        var data = Data(series);
        return
        [
            Figure.Of(
                "Throughput",
                "Training samples a second over all workers; medians with their intervals.",
                new Plot(
                    "Samples a second against workers",
                    workers,
                    PlotAxis.Logarithmic("samples/s"),
                    [.. Perfect(series, 1, Measured), .. Marks(series, point => point.SamplesPerSecond, Predicted, value => $"{NumberText.Whole(value)} samples/s")]),
                data),
            Efficiency(series, workers, data),
            .. series.Points.Any(point => point.SecondsToGoal is not null)
                ? (Figure[])
                [
                    Figure.Of(
                        "Seconds to the goal",
                        $"Until {scaling.Goal?.ToString() ?? "the goal"}, evaluation excluded; medians with their intervals.",
                        new Plot(
                            "Seconds to the goal against workers",
                            workers,
                            PlotAxis.Logarithmic("seconds to the goal"),
                            [.. Perfect(series, -1, point => point.SecondsToGoal?.Median), .. Marks(series, point => point.SecondsToGoal, point => point.PredictedSecondsToGoal, NumberText.Seconds)]),
                        data),
                ]
                : [],
        ];
    }

    private static Figure Efficiency(ScalingSeries series, PlotAxis workers, DataTable data)
    {
        ImmutableArray<Dot> Dots(Func<ScalingPoint, double?> throughput, string name) =>
            [.. series.Points.Where(point => series.Efficiency(point, throughput) is not null).Select(point => new Dot(
                point.Workers,
                series.Efficiency(point, throughput)!.Value,
                $"{NumberText.Count(point.Workers, "worker")}, {name}: {NumberText.Percent(series.Efficiency(point, throughput)!.Value)}"))];
        var marks = new List<Mark> { new Rule(1) { IsHorizontal = true, Color = MarkColor.Faint, Name = "perfect scaling" } };
        foreach (var (dots, name, index) in ((ImmutableArray<Dot>, string, int)[])[(Dots(Predicted, "predicted"), "predicted", 1), (Dots(Measured, "measured"), "measured", 0)])
        {
            if (!dots.IsEmpty)
            {
                marks.Add(new Curve([.. dots.Select(dot => (dot.X, dot.Y))]) { Color = MarkColor.Series(index), Dashes = index == 0 ? "" : "6 3", Name = name });
                marks.Add(new Dots(dots) { Color = MarkColor.Series(index), Shape = index == 0 ? MarkerShape.Circle : MarkerShape.Diamond, IsHollow = index == 1, Name = name });
            }
        }

        return Figure.Of(
            "Efficiency",
            "Throughput over that of the fewest workers, times as many.",
            new Plot("Efficiency against workers", workers, new PlotAxis("of perfect scaling") { Numbers = TickNumbers.Percent, HoldsZero = true }, [.. marks]),
            data);
    }

    private static IEnumerable<Mark> Perfect(ScalingSeries series, int exponent, Func<ScalingPoint, double?> value)
    {
        if (value(series.Points[0]) is { } first && series.Points.Length > 1)
        {
            var (from, to) = (series.Points[0].Workers, series.Points[^1].Workers);
            yield return new Curve([(from, first), (to, first * Math.Pow((double)to / from, exponent))]) { Color = MarkColor.Faint, Dashes = "6 4", Thickness = 1.5, Name = "perfect scaling" };
        }
    }

    private static IEnumerable<Mark> Marks(ScalingSeries series, Func<ScalingPoint, Measured?> measured, Func<ScalingPoint, double?> predicted, Func<double, string> words)
    {
        string Who(ScalingPoint point) => $"{NumberText.Count(point.Workers, "worker")}, batch {NumberText.Whole(point.BatchSize)}";
        var guessed = series.Points.Where(point => predicted(point) is not null).ToArray();
        if (guessed.Length > 0)
        {
            yield return new Curve([.. guessed.Select(point => ((double)point.Workers, predicted(point)!.Value))]) { Color = MarkColor.Series(1), Dashes = "6 3", Name = "predicted" };
            yield return new Dots([.. guessed.Select(point => new Dot(point.Workers, predicted(point)!.Value, $"{Who(point)}, predicted: {words(predicted(point)!.Value)}"))]) { Color = MarkColor.Series(1), Shape = MarkerShape.Diamond, IsHollow = true, Name = "predicted" };
        }

        var known = series.Points.Where(point => measured(point)?.Median is not null).ToArray();
        yield return new Curve([.. known.Select(point => ((double)point.Workers, measured(point)!.Median!.Value))]) { Color = MarkColor.Series(0), Name = "measured" };
        yield return new Intervals([.. known.Where(point => measured(point)!.Lower is not null).Select(point => new Interval(point.Workers, measured(point)!.Lower, measured(point)!.Upper, Who(point)))]) { Color = MarkColor.Series(0) };
        yield return new Dots([.. known.Select(point => new Dot(
            point.Workers,
            measured(point)!.Median!.Value,
            $"{Who(point)}, measured: {words(measured(point)!.Median!.Value)}"))]) { Color = MarkColor.Series(0), Name = "measured" };
    }

    private static DataTable Data(ScalingSeries series) => DataTable.Of(
        series.Kind == ScalingKind.FixedGlobalBatch ? "scaling_fixed_global_batch" : "scaling_fixed_batch_per_worker",
        ["workers", "batch_size", "samples_per_second", "lower", "upper", "efficiency", "predicted_samples_per_second", "predicted_efficiency", "seconds_to_goal", "seconds_lower", "seconds_upper", "predicted_seconds_to_goal"],
        series.Points,
        point =>
        [
            point.Workers, point.BatchSize, point.SamplesPerSecond.Median, point.SamplesPerSecond.Lower, point.SamplesPerSecond.Upper, series.Efficiency(point, Measured), point.PredictedSamplesPerSecond, series.Efficiency(point, Predicted),
            point.SecondsToGoal?.Median, point.SecondsToGoal?.Lower, point.SecondsToGoal?.Upper, point.PredictedSecondsToGoal,
        ]);

    private static ReadableTable Table(ScalingSeries series) => new(
        "By the number of workers",
        ["workers", "batch", "samples/s", "efficiency", "predicted samples/s", "predicted/measured", "seconds to goal"],
        [
            .. series.Points.Select(point => ImmutableArray.Create(
                NumberText.Whole(point.Workers), NumberText.Whole(point.BatchSize), Measured(point) is { } speed ? NumberText.Whole(speed) : "none", series.Efficiency(point, Measured) is { } share ? NumberText.Percent(share) : "",
                Predicted(point) is { } predicted ? NumberText.Whole(predicted) : "", Predicted(point) / Measured(point) is { } ratio ? NumberText.Figure(ratio) : "", point.SecondsToGoal?.Median is { } seconds ? NumberText.Figure(seconds) : "")),
        ],
        LeftColumns: 0)
    { Data = Data(series) };

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
