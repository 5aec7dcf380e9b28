using System.Collections.Immutable;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Studies;

/// <summary>How confirmation runs went: losses, and the noise of their gradients.</summary>
internal static class StudyCurveFigures
{
    /// <summary>Points of all curves in one drawing; beyond it, only every so many are drawn, and the page says so.</summary>
    private const int MostPoints = 2000;

    public static ImmutableArray<Figure> Of(StudyResult study) =>
    [
        .. ((Figure?[])[Losses(study), Noise(study), NoiseAtGoal(study)]).OfType<Figure>(),
    ];

    private static Figure? Losses(StudyResult study)
    {
        var runs = Confirmations(study).Where(trial => trial.Curve.Length > 1).ToArray();
        if (runs.Length == 0)
        {
            return null;
        }

        var stride = Stride(runs.Sum(trial => trial.Curve.Length));
        ImmutableArray<CurvePoint> Shown(TrialResult trial) => Every(trial.Curve, stride);
        Plot By(string label, PlotAxis x, Func<CurvePoint, double> at, PlotAxis y, Func<CurvePoint, double?> value, params Mark[] more) => new(
            label,
            x,
            y,
            [.. more, .. Lines(study, runs, trial => [.. Shown(trial).Select(point => (at(point), value(point) ?? double.NaN))])]);
        double Epochs(CurvePoint point) => (double)point.Samples / study.TrainingSamples;
        var loss = PlotAxis.Logarithmic("validation loss");
        Mark[] lossGoal = study.Goal.Metric == GoalMetric.ValidationLoss ? [Goal(study)] : [];
        var drawings = ImmutableArray.CreateBuilder<(string, IDrawing)>();
        drawings.Add(("by step", By("Validation loss by step", PlotAxis.Logarithmic("step"), point => point.Step, loss, point => point.ValidationLoss, lossGoal)));
        drawings.Add(("by epoch", By("Validation loss by epoch", PlotAxis.Logarithmic("epochs"), Epochs, loss, point => point.ValidationLoss, lossGoal)));
        drawings.Add(("by time", By("Validation loss by time", PlotAxis.Logarithmic("seconds of training"), point => point.TrainSeconds, loss, point => point.ValidationLoss, lossGoal)));
        if (runs.Any(trial => trial.BestValidationError is not null))
        {
            Mark[] goal = study.Goal.Metric == GoalMetric.ValidationError ? [Goal(study)] : [];
            drawings.Add(("error by epoch", By(
                "Validation error by epoch",
                PlotAxis.Logarithmic("epochs"),
                Epochs,
                PlotAxis.Logarithmic("labels missed") with { Numbers = TickNumbers.Percent },
                point => point.ValidationError,
                goal)));
        }

        return new Figure(
            "Loss curves of confirmation runs",
            $"A line for each run, in the colour of its batch size.{(stride > 1 ? $" One evaluation in {NumberText.Whole(stride)} is shown here; measurements.csv has all." : "")}",
            drawings.ToImmutable(),
            StudyTables.Measurements(study, "curves", runs, trial => Shown(trial), StudyTables.Rounded));
    }

    private static Rule Goal(StudyResult study) => new(study.Goal.Below)
    {
        IsHorizontal = true,
        Color = MarkColor.Faint,
        Name = $"goal: below {(study.Goal.Metric == GoalMetric.ValidationError ? NumberText.Percent(study.Goal.Below) : NumberText.Figure(study.Goal.Below))}",
    };

    private static Figure? Noise(StudyResult study)
    {
        var runs = Confirmations(study).Where(trial => trial.Noise.Count(point => point.NoiseScale > 0) > 1).ToArray();
        if (runs.Length == 0)
        {
            return null;
        }

        var stride = Stride(runs.Sum(trial => trial.Noise.Length));
        double Epochs(TrialResult trial, NoisePoint point) => trial.Steps == 0 ? 0 : point.Step * trial.Epochs / trial.Steps;
        var lines = Lines(study, runs, trial => [.. Every(trial.Noise, stride).Select(point => (Epochs(trial, point), point.NoiseScale ?? double.NaN))]);
        return Figure.Of(
            "Noise scale over training",
            $"tr Σ / |G|² of confirmation runs, smoothed; gaps where it is undetermined. It predicts the critical batch size; the measured one is drawn across.{(stride > 1 ? $" One estimate in {NumberText.Whole(stride)} is shown here; noise.csv has all." : "")}",
            new Plot("Noise scale over training", PlotAxis.Logarithmic("epochs"), PlotAxis.Logarithmic("noise scale (samples)"), [.. StudyCostFigures.Critical(study, isHorizontal: true), .. lines]),
            StudyTables.Noise("noise_curves", runs, trial => Every(trial.Noise, stride), StudyTables.Rounded));
    }

    private static Figure? NoiseAtGoal(StudyResult study)
    {
        var known = study.Batches.Where(batch => batch.NoiseScaleAtGoal > 0).ToArray();
        if (known.Length == 0)
        {
            return null;
        }

        var dots = new Dots([.. known.Select(batch => new Dot(
            batch.BatchSize,
            batch.NoiseScaleAtGoal!.Value,
            $"batch {NumberText.Whole(batch.BatchSize)}: noise scale {NumberText.Figure(batch.NoiseScaleAtGoal!.Value)} at the goal"))])
        {
            Color = MarkColor.Series(0), Name = "noise scale at the goal: predicted B_crit",
        };
        var (least, most) = (study.BatchSizes.Min() / 2.0, study.BatchSizes.Max() * 2.0);
        // A narrow range would make much of little: the estimates of both kinds are known to a factor of two at best.
        var all = known.Select(batch => batch.NoiseScaleAtGoal!.Value).Append(study.Fit.CriticalBatchSize ?? known[0].NoiseScaleAtGoal!.Value).ToArray();
        var samples = PlotAxis.Logarithmic("samples") with { From = all.Min() / 4, To = all.Max() * 4 };
        var same = new Curve([(least, least), (most, most)]) { Color = MarkColor.Faint, Dashes = "2 4", Thickness = 1.5, Name = "noise scale = batch size", StretchesAxes = false };
        return Figure.Of(
            "Critical batch size, predicted and measured",
            "The noise scale when the goal was reached, median over confirmation runs, beside the B_crit that was measured by counting steps.",
            new Plot("Noise scale at the goal against the batch size", PlotAxis.OfBatchSizes(study.BatchSizes), samples, [.. StudyCostFigures.Critical(study, isHorizontal: true), same, dots]),
            DataTable.Of("noise_at_goal", ["batch_size", "noise_scale_at_goal", "measured_critical_batch_size"], study.Batches, batch => [batch.BatchSize, batch.NoiseScaleAtGoal, study.Fit.CriticalBatchSize]));
    }

    private static IEnumerable<TrialResult> Confirmations(StudyResult study) => study.Trials.Where(trial => trial.Request.Phase == TrialPhase.Confirmation && trial.Status != TrialStatus.FailedSystem);

    private static IEnumerable<Mark> Lines(StudyResult study, TrialResult[] runs, Func<TrialResult, ImmutableArray<(double X, double Y)>> points)
    {
        var sizes = study.BatchSizes.Distinct().Order().ToArray();
        var named = new HashSet<int>();
        foreach (var trial in runs.OrderBy(trial => trial.Request.BatchSize).ThenBy(trial => trial.Request.Index))
        {
            var size = trial.Request.BatchSize;
            yield return new Curve(points(trial))
            {
                Color = MarkColor.Ordered(Array.IndexOf(sizes, size), sizes.Length),
                Thickness = 1.3,
                Name = named.Add(size) ? NumberText.Whole(size) : null,
                Tip = $"batch {NumberText.Whole(size)}, seed {trial.Request.Seed}: {StudyText.Status(trial)}",
            };
        }
    }

    private static int Stride(int points) => Math.Max(1, (points + MostPoints - 1) / MostPoints);

    /// <summary>Every so many, and the last.</summary>
    private static ImmutableArray<T> Every<T>(ImmutableArray<T> items, int stride) => stride == 1 ? items : [.. items.Where((_, index) => index % stride == 0 || index == items.Length - 1)];
}
