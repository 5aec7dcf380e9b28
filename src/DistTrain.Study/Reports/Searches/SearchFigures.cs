using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Searches;

/// <summary>The plots of a search.</summary>
internal static class SearchFigures
{
    /// <summary>Marks of one parallel axis, at most.</summary>
    private const int MostMarks = 6;

    public static ImmutableArray<Figure> Of(SearchOutcome search)
    {
        var measured = search.Trials.Where(trial => trial.Objective is { } value && double.IsFinite(value)).ToArray();
        return measured.Length == 0
            ? []
            : [.. ((Figure?[])[History(search, measured), Importance(search), Parallel(search, measured), Slices(search, measured)]).OfType<Figure>()];
    }

    private static Figure History(SearchOutcome search, SearchTrial[] measured)
    {
        var best = new List<(double X, double Y)>();
        var least = double.PositiveInfinity;
        foreach (var trial in measured.OrderBy(trial => trial.Index))
        {
            if (trial.Objective < least)
            {
                // A step, not a slope: between two trials nothing became better.
                if (best.Count > 0)
                {
                    best.Add((trial.Index, least));
                }

                least = trial.Objective.Value;
                best.Add((trial.Index, least));
            }
        }

        best.Add((search.Trials.Max(trial => trial.Index), least));
        var (full, part) = (measured.Where(trial => !IsPartial(search, trial)).ToArray(), measured.Where(trial => IsPartial(search, trial)).ToArray());
        Dots Trials(SearchTrial[] trials, string name, bool isHollow) => new([.. trials.Select(trial => new Dot(trial.Index, trial.Objective!.Value, Tip(search, trial)))]) { Color = MarkColor.Series(0), Radius = measured.Length > 200 ? 2 : 3.2, IsHollow = isHollow, Name = name };
        return Figure.Of(
            "History",
            "Each trial in the order in which it was begun, and the best so far.",
            new Plot(
                $"{search.Objective} by trial",
                new PlotAxis("trial"),
                ObjectiveAxis(search, measured),
                [.. ((Mark[])[Trials(part, "stopped early", true), Trials(full, "trial", false), new Curve([.. best]) { Color = MarkColor.Series(1), Name = "best so far" }]).Where(mark => mark is not Dots { Points.IsEmpty: true })]),
            SearchReport.Data(search));
    }

    private static Figure? Importance(SearchOutcome search)
    {
        if (search.Importance.IsEmpty)
        {
            return null;
        }

        var rows = search.Importance.OrderByDescending(pair => pair.Value).ToArray();
        var bars = new Bars([.. rows.Select((row, index) => new Bar(
            index,
            0,
            row.Value,
            $"{row.Key}: {NumberText.Percent(row.Value)}",
            $"{NumberText.Figure(row.Value * 100, 2)} %"))]) { Color = MarkColor.Series(0), IsHorizontal = true, Width = 0.62 };
        return Figure.Of(
            "Importance",
            $"Share of the variation of the {search.Objective} that a parameter explains, over the whole of its range: an estimate from these trials.",
            new Plot(
                "Importance of each parameter",
                new PlotAxis("share of the variation") { Numbers = TickNumbers.Percent, From = 0, To = Math.Min(1, rows[0].Value * 1.25) },
                PlotAxis.OfCategories("", rows.Select(row => row.Key)),
                [bars]) { RowHeight = 40 },
            DataTable.Of("importance", ["parameter", "importance"], rows, row => [row.Key, row.Value]));
    }

    private static Figure? Parallel(SearchOutcome search, SearchTrial[] measured)
    {
        if (search.Parameters.Length < 2)
        {
            return null;
        }

        var scale = Scale(search, measured);
        var axes = search.Parameters.Select(parameter => new ParallelAxis(parameter.Name, Marks(parameter))).Append(new ParallelAxis(search.Objective, scale.Marks)).ToImmutableArray();
        var rank = measured.OrderBy(trial => trial.Objective).Select((trial, index) => (trial.Index, Share: measured.Length < 2 ? 0 : index / (measured.Length - 1.0))).ToDictionary(pair => pair.Index, pair => pair.Share);
        // The best are drawn last, and so in front.
        var lines = measured.OrderByDescending(trial => trial.Objective).Select(trial => new ParallelLine(
            [.. trial.Positions, scale.Share(trial.Objective!.Value)],
            MarkColor.Ramp(rank[trial.Index]),
            trial.Index == search.BestIndex,
            Tip(search, trial)));
        return new Figure(
            "All parameters at once",
            $"A line for each trial, coloured by its rank; the last axis is the {search.Objective}. Thick: the best.",
            [("", new ParallelCoordinates("Parallel coordinates of all trials", axes, [.. lines], new RampKey("rank", "best", "worst")))],
            SearchReport.Data(search))
        { IsBroad = true };
    }

    private static Figure Slices(SearchOutcome search, SearchTrial[] measured)
    {
        var last = search.Trials.Max(trial => trial.Index);
        var drawings = search.Parameters.Select((parameter, place) =>
        {
            var isChoice = parameter.Scale == SearchScale.Choice;
            double At(SearchTrial trial) => isChoice
                ? parameter.Choices.IndexOf(trial.Values[place]) + ((((trial.Index * 0.618) % 1) - 0.5) * 0.5)
                : double.TryParse(trial.Values[place], CultureInfo.InvariantCulture, out var value) ? value : double.NaN;
            var axis = parameter.Scale switch
            {
                SearchScale.Choice => PlotAxis.OfCategories(parameter.Name, parameter.Choices),
                SearchScale.Logarithmic => PlotAxis.Logarithmic(parameter.Name),
                _ => new PlotAxis(parameter.Name),
            };
            var dots = measured.OrderBy(trial => trial.Index).Select(trial => new Dot(
                At(trial),
                trial.Objective!.Value,
                Tip(search, trial),
                MarkColor.Ramp(last == 0 ? 0 : (double)trial.Index / last))).ToImmutableArray();
            Mark[] best = search.Best is { Objective: { } objective } found ? [new Dots([new Dot(At(found), objective, Tip(search, found))]) { Shape = MarkerShape.Diamond, IsHollow = true, Radius = 7, Color = MarkColor.Series(1), Name = "best" }] : [];
            IDrawing plot = new Plot(
                $"{search.Objective} against {parameter.Name}",
                axis,
                ObjectiveAxis(search, measured),
                [new Dots(dots) { Color = MarkColor.Ramp(0), Radius = measured.Length > 200 ? 2.2 : 3.5 }, .. best]) { Ramp = new RampKey("trial", "first", "last") };
            return (parameter.Name, plot);
        });
        return new Figure("Slices", "Every trial against one parameter at a time; what the others were differs from mark to mark.", [.. drawings], SearchReport.Data(search));
    }

    private static string Tip(SearchOutcome search, SearchTrial trial) =>
        $"trial {trial.Index}, {trial.Status}: {(trial.Objective is { } objective ? SearchReport.Written(search, objective) : "none")}\n{string.Join("\n", search.Parameters.Select((parameter, index) => $"{parameter.Name} {trial.Values[index]}"))}";

    /// <summary>Whether it was given less than others, so that its objective is of a shorter training.</summary>
    private static bool IsPartial(SearchOutcome search, SearchTrial trial) => trial.Resource is { } own && search.Trials.Any(other => other.Resource > own);

    private static PlotAxis ObjectiveAxis(SearchOutcome search, SearchTrial[] measured)
    {
        var numbers = search.ObjectiveIsShare ? TickNumbers.Percent : TickNumbers.Short;
        var isWide = measured.Min(trial => trial.Objective) > 0 && measured.Max(trial => trial.Objective) > 8 * measured.Min(trial => trial.Objective);
        return new PlotAxis(search.Objective) { Numbers = numbers, Scale = isWide ? AxisScale.Logarithmic : AxisScale.Linear };
    }

    private static (Func<double, double> Share, ImmutableArray<(double Share, string Words)> Marks) Scale(SearchOutcome search, SearchTrial[] measured)
    {
        var axis = ObjectiveAxis(search, measured);
        var mapping = AxisMapping.Around(axis, measured.Select(trial => trial.Objective!.Value), 0, 1);
        var ticks = mapping.IsLogarithmic ? Ticks.Logarithmic(mapping.First, mapping.Last, MostMarks) : Ticks.Linear(mapping.First, mapping.Last, MostMarks);
        return (mapping.At, [.. ticks.Major.Select(value => (mapping.At(value), PlotDrawing.Words(axis, value)))]);
    }

    private static ImmutableArray<(double Share, string Words)> Marks(SearchParameter parameter)
    {
        if (parameter.Scale == SearchScale.Choice)
        {
            return [.. parameter.Choices.Select((choice, index) => (parameter.Choices.Length == 1 ? 0.5 : index / (parameter.Choices.Length - 1.0), choice))];
        }

        if (parameter is not { Low: { } low, High: { } high } || high <= low)
        {
            return [];
        }

        var isLogarithmic = parameter.Scale == SearchScale.Logarithmic && low > 0;
        var mapping = new AxisMapping(low, high, 0, 1, isLogarithmic);
        var ticks = isLogarithmic ? Ticks.Logarithmic(low, high, MostMarks) : Ticks.Linear(low, high, MostMarks);
        return [.. ticks.Major.Select(value => (mapping.At(value), NumberText.OfAxis(value)))];
    }
}
