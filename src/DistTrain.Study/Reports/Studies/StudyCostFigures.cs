using System.Collections.Immutable;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Studies;

/// <summary>Steps, epochs and seconds to the goal, and what was left of the error, against the batch size.</summary>
internal static class StudyCostFigures
{
    private const int FitPoints = 80;
    private static readonly MarkColor Confirmed = MarkColor.Series(0);
    private static readonly MarkColor Fitted = MarkColor.Series(2);
    private static readonly MarkColor Tuned = MarkColor.Series(1);

    public static ImmutableArray<Figure> Of(StudyResult study) =>
    [
        Steps(study),
        Epochs(study),
        Seconds(study),
        Errors(study),
    ];

    private static Figure Steps(StudyResult study)
    {
        var marks = new List<Mark>();
        marks.AddRange(Critical(study));
        marks.AddRange(Perfect(study, batch => batch.StepsToGoal.Median ?? batch.TunedMinimumSteps, exponent: -1, "perfect scaling"));
        marks.AddRange(Fit(study, (_, steps) => steps));
        marks.AddRange(Runs(study, point => point.Step, value => NumberText.Count((long)value, "step")));
        marks.AddRange(TunedMinima(study, (_, steps) => steps, value => NumberText.Count((long)value, "step")));
        marks.AddRange(Medians(study, batch => batch.StepsToGoal, "steps"));
        marks.AddRange(Censored(study, trial => trial.Steps, value => NumberText.Count((long)value, "step")));
        return Figure.Of(
            "Steps to the goal",
            $"Medians of runs from fresh seeds, with their intervals; the fewest in tuning are the best of many, and so too good. S = S_min (1 + B_crit/B) is fitted to the medians.{FitRemark(study)}",
            new Plot("Steps to the goal against the batch size", PlotAxis.OfBatchSizes(study.BatchSizes), PlotAxis.Logarithmic("steps to the goal"), [.. marks]),
            Data(study, "steps_to_goal", batch => batch.StepsToGoal, (_, steps) => steps, batch => batch.TunedMinimumSteps));
    }

    private static Figure Epochs(StudyResult study)
    {
        double ToEpochs(double batchSize, double steps) => steps * batchSize / study.TrainingSamples;
        var marks = new List<Mark>();
        marks.AddRange(Critical(study));
        marks.AddRange(Perfect(study, batch => batch.EpochsToGoal.Median ?? (batch.TunedMinimumSteps is { } steps ? ToEpochs(batch.BatchSize, steps) : null), exponent: 0, "perfect scaling"));
        marks.AddRange(Fit(study, ToEpochs));
        marks.AddRange(Runs(study, point => (double)point.Samples / study.TrainingSamples, value => $"{NumberText.Figure(value)} epochs"));
        marks.AddRange(TunedMinima(study, ToEpochs, value => $"{NumberText.Figure(value)} epochs"));
        marks.AddRange(Medians(study, batch => batch.EpochsToGoal, "epochs"));
        marks.AddRange(Censored(study, trial => (double)trial.Samples / study.TrainingSamples, value => $"{NumberText.Figure(value)} epochs"));
        return Figure.Of(
            "Epochs to the goal",
            "Passes over the training samples: what a batch size costs in computation. They rise where larger batches no longer save steps in proportion.",
            new Plot("Epochs to the goal against the batch size", PlotAxis.OfBatchSizes(study.BatchSizes), PlotAxis.Logarithmic("epochs to the goal"), [.. marks]),
            Data(study, "epochs_to_goal", batch => batch.EpochsToGoal, ToEpochs, batch => batch.TunedMinimumSteps is { } steps ? ToEpochs(batch.BatchSize, steps) : null));
    }

    private static Figure Seconds(StudyResult study)
    {
        var marks = new List<Mark>();
        marks.AddRange(Critical(study));
        marks.AddRange(Perfect(study, batch => batch.SecondsToGoal.Median, exponent: -1, "twice the batch, half the seconds"));
        marks.AddRange(Runs(study, point => point.TrainSeconds, NumberText.Seconds));
        marks.AddRange(Medians(study, batch => batch.SecondsToGoal, "seconds"));
        marks.AddRange(Censored(study, trial => trial.Request.Phase == TrialPhase.Confirmation ? trial.TrainSeconds : double.NaN, NumberText.Seconds));
        return Figure.Of(
            "Seconds to the goal",
            $"Confirmation runs only, one at a time, evaluation excluded, on: {study.Placement}.",
            new Plot("Seconds to the goal against the batch size", PlotAxis.OfBatchSizes(study.BatchSizes), PlotAxis.Logarithmic("seconds to the goal"), [.. marks]),
            Data(study, "seconds_to_goal", batch => batch.SecondsToGoal, null, _ => null));
    }

    private static Figure Errors(StudyResult study)
    {
        (string Name, string Column, Func<BatchSummary, double?> Value)[] series =
        [
            ("within the budget of steps", "within_steps", batch => batch.BestErrorWithinSteps),
            ("within the budget of samples", "within_samples", batch => batch.BestErrorWithinSamples),
            ("test error, confirmed", "test", batch => batch.TestError),
        ];
        var marks = series.SelectMany((line, index) =>
        {
            var points = study.Batches.Where(batch => line.Value(batch) is not null).Select(batch => new Dot(
                batch.BatchSize,
                line.Value(batch)!.Value,
                $"batch {NumberText.Whole(batch.BatchSize)}, {line.Name}: {NumberText.Percent(line.Value(batch)!.Value)}")).ToImmutableArray();
            return points.IsEmpty ? [] : (Mark[])
            [
                new Curve([.. points.Select(point => (point.X, point.Y))]) { Color = MarkColor.Series(index), Dashes = Curve.DashesOf(index), Thickness = 1.5, Name = line.Name },
                new Dots(points) { Color = MarkColor.Series(index), Shape = Dots.ShapeOf(index), Name = line.Name },
            ];
        }).ToList();
        if (study.Goal.Metric == GoalMetric.ValidationError)
        {
            marks.Insert(0, new Rule(study.Goal.Below) { IsHorizontal = true, Color = MarkColor.Faint, Name = $"goal: below {NumberText.Percent(study.Goal.Below)}" });
        }

        return Figure.Of(
            "Best error",
            "The lowest validation error that any tuning trial had under either budget, and the median test error of confirmation runs. The same number of steps favours large batches, the same number of samples small ones.",
            new Plot("Best error against the batch size", PlotAxis.OfBatchSizes(study.BatchSizes), new PlotAxis("labels missed") { Numbers = TickNumbers.Percent, HoldsZero = true }, [.. marks]),
            DataTable.Of("best_error", ["batch_size", .. series.Select(line => line.Column)], study.Batches, batch => [batch.BatchSize, .. series.Select(line => (object?)line.Value(batch))]));
    }

    /// <summary>B_crit with its interval.</summary>
    internal static IEnumerable<Mark> Critical(StudyResult study, bool isHorizontal = false)
    {
        if (study.Fit.CriticalBatchSize is not { } critical)
        {
            yield break;
        }

        var name = $"B_crit = {NumberText.Figure(critical)}{(study.Fit.CriticalBatchSizeInterval is var (low, high) ? $", {NumberText.Figure(low)} to {NumberText.Figure(high)}" : "")}";
        if (study.Fit.CriticalBatchSizeInterval is var (lower, upper))
        {
            yield return new Span(lower, upper) { Color = Fitted, Name = name, StretchesAxes = isHorizontal, IsHorizontal = isHorizontal };
        }

        yield return new Rule(critical) { Color = Fitted, Name = name, StretchesAxes = isHorizontal, IsHorizontal = isHorizontal };
    }

    /// <summary>A line from the value of the smallest batch size on.</summary>
    private static IEnumerable<Mark> Perfect(StudyResult study, Func<BatchSummary, double?> value, int exponent, string name)
    {
        if (study.Batches.FirstOrDefault(batch => value(batch) is not null) is not { } first || study.BatchSizes.Length < 2)
        {
            yield break;
        }

        double At(double size) => value(first)!.Value * Math.Pow(size / first.BatchSize, exponent);
        var (least, most) = (study.BatchSizes.Min() / 2.0, study.BatchSizes.Max() * 2.0);
        yield return new Curve([(least, At(least)), (most, At(most))]) { Color = MarkColor.Faint, Dashes = "6 4", Thickness = 1.5, Name = name, StretchesAxes = false };
    }

    private static IEnumerable<Mark> Fit(StudyResult study, Func<double, double, double> fromSteps)
    {
        if (study.Fit is not { MinimumSteps: { } minimum, CriticalBatchSize: { } critical } || study.BatchSizes.IsEmpty)
        {
            yield break;
        }

        if (study.Fit.Band.Length > 1)
        {
            yield return new Band([.. study.Fit.Band.Select(point => (point.BatchSize, fromSteps(point.BatchSize, point.LowerSteps), fromSteps(point.BatchSize, point.UpperSteps)))])
            {
                Color = Fitted, Name = $"its {NumberText.Figure(study.Fit.Confidence * 100)} % interval",
            };
        }

        var (least, most) = (study.BatchSizes.Min() / 1.5, study.BatchSizes.Max() * 1.5);
        var points = Enumerable.Range(0, FitPoints).Select(index => least * Math.Pow(most / least, index / (FitPoints - 1.0))).Select(size => (size, fromSteps(size, minimum * (1 + (critical / size)))));
        yield return new Curve([.. points]) { Color = Fitted, Name = "fit", Tip = $"S_min = {NumberText.Figure(minimum)} steps, B_crit = {NumberText.Figure(critical)}", StretchesAxes = false };
    }

    /// <summary>Each confirmation run, small.</summary>
    private static IEnumerable<Mark> Runs(StudyResult study, Func<CurvePoint, double> value, Func<double, string> words)
    {
        var dots = study.Trials.Where(trial => trial.Request.Phase == TrialPhase.Confirmation && AtGoal(trial) is not null)
            .Select(trial => (Trial: trial, Value: value(AtGoal(trial)!)))
            .Select(run => new Dot(
                run.Trial.Request.BatchSize,
                run.Value,
                $"batch {NumberText.Whole(run.Trial.Request.BatchSize)}, seed {run.Trial.Request.Seed}: {words(run.Value)}")).ToImmutableArray();
        return dots.IsEmpty ? [] : [new Dots(dots) { Color = Confirmed, Radius = 2, Name = "confirmation run" }];
    }

    private static IEnumerable<Mark> TunedMinima(StudyResult study, Func<double, double, double> fromSteps, Func<double, string> words)
    {
        var dots = study.Batches.Where(batch => batch.TunedMinimumSteps is not null)
            .Select(batch => (batch.BatchSize, Value: fromSteps(batch.BatchSize, batch.TunedMinimumSteps!.Value)))
            .Select(point => new Dot(point.BatchSize, point.Value, $"batch {NumberText.Whole(point.BatchSize)}, fewest in tuning: {words(point.Value)}")).ToImmutableArray();
        return dots.IsEmpty ? [] : [new Dots(dots) { Color = Tuned, Shape = MarkerShape.Diamond, IsHollow = true, Radius = 4, Name = "fewest in tuning" }];
    }

    private static IEnumerable<Mark> Medians(StudyResult study, Func<BatchSummary, Measured> measured, string unit)
    {
        var known = study.Batches.Where(batch => measured(batch).Median is not null).ToArray();
        if (known.Length == 0)
        {
            yield break;
        }

        string Tip(BatchSummary batch) => $"batch {NumberText.Whole(batch.BatchSize)}: {StudyText.Median(measured(batch))} {unit}, {StudyText.Range(measured(batch))}";
        const string name = "confirmed median";
        yield return new Intervals([.. known.Where(batch => measured(batch).Lower is not null).Select(batch => new Interval(batch.BatchSize, measured(batch).Lower, measured(batch).Upper, Tip(batch)))]) { Color = Confirmed, Name = name };
        yield return new Dots([.. known.Select(batch => new Dot(batch.BatchSize, measured(batch).Median!.Value, Tip(batch)))]) { Color = Confirmed, Name = name };
    }

    /// <summary>Where no median is known: that the goal was not reached in what was allowed.</summary>
    private static IEnumerable<Mark> Censored(StudyResult study, Func<TrialResult, double> spent, Func<double, string> words)
    {
        var dots = ImmutableArray.CreateBuilder<Dot>();
        foreach (var batch in study.Batches.Where(batch => batch.StepsToGoal.Median is null))
        {
            var exhausted = study.Trials.Where(trial => trial.Request.BatchSize == batch.BatchSize && trial.Status == TrialStatus.BudgetExhausted).Select(spent).Where(double.IsFinite).ToArray();
            if (exhausted.Length > 0)
            {
                dots.Add(new Dot(batch.BatchSize, exhausted.Max(), $"batch {NumberText.Whole(batch.BatchSize)}: not reached in {words(exhausted.Max())}"));
            }
        }

        return dots.Count == 0 ? [] : [new Dots(dots.ToImmutable()) { Color = MarkColor.Series(3), Shape = MarkerShape.ArrowUp, Radius = 5, Name = "not reached in the budget" }];
    }

    internal static CurvePoint? AtGoal(TrialResult trial) => trial.StepsToGoal is { } steps ? trial.Curve.FirstOrDefault(point => point.Step == steps) : null;

    private static string FitRemark(StudyResult study) => study.Fit switch
    {
        { Refusal: { } refusal } => $" There is no fit: {refusal.TrimEnd('.')}.",
        { Residuals.IsEmpty: false } fit => $" The medians are off the fit by {NumberText.Figure(fit.Residuals.Values.Max(residual => Math.Abs(Math.Exp(residual) - 1)) * 100, 2)} % at most.",
        _ => "",
    };

    private static DataTable Data(StudyResult study, string name, Func<BatchSummary, Measured> measured, Func<double, double, double>? fromSteps, Func<BatchSummary, double?> tuned) => DataTable.Of(
        name,
        ["batch_size", "median", "lower", "upper", "coverage", "refusal", "fewest_in_tuning", "fitted", "residual"],
        study.Batches,
        batch =>
        [
            batch.BatchSize, measured(batch).Median, measured(batch).Lower, measured(batch).Upper, measured(batch).Coverage, measured(batch).Refusal, tuned(batch),
            fromSteps is not null && study.Fit is { MinimumSteps: { } minimum, CriticalBatchSize: { } critical } ? fromSteps(batch.BatchSize, minimum * (1 + (critical / batch.BatchSize))) : null,
            fromSteps is not null && study.Fit.Residuals.TryGetValue(batch.BatchSize, out var residual) ? residual : null,
        ]);
}
