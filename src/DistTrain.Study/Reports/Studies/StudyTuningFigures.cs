using System.Collections.Immutable;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Studies;

/// <summary>Which learning rates were tried, what became of each, and which was best.</summary>
internal static class StudyTuningFigures
{
    public static ImmutableArray<Figure> Of(StudyResult study) => [BestRate(study), Fates(study)];

    private static Figure BestRate(StudyResult study)
    {
        var known = study.Batches.Where(batch => batch.BestLearningRate > 0).ToArray();
        var marks = new List<Mark>
        {
            new Intervals([.. study.Batches.Where(batch => batch.RateRange.Lowest > 0).Select(batch => new Interval(
                batch.BatchSize,
                batch.RateRange.Lowest,
                batch.RateRange.Highest,
                $"batch {NumberText.Whole(batch.BatchSize)}: tried from {NumberText.Figure(batch.RateRange.Lowest)} to {NumberText.Figure(batch.RateRange.Highest)}"))])
            {
                Color = MarkColor.Faint, Thickness = 1.2, Cap = 5, Name = "rates that were tried",
            },
        };
        if (known.Length > 0)
        {
            var (first, least, most) = (known[0], study.BatchSizes.Min() / 2.0, study.BatchSizes.Max() * 2.0);
            Curve Overlay(double exponent, string name, int index) => new([.. new[] { least, most }.Select(size => (size, first.BestLearningRate!.Value * Math.Pow(size / first.BatchSize, exponent)))])
            {
                Color = MarkColor.Series(index), Dashes = Curve.DashesOf(index), Thickness = 1.6, Name = name, StretchesAxes = false,
            };
            marks.Add(Overlay(1, "linear rule, from the smallest batch", 1));
            marks.Add(Overlay(0.5, "square-root rule", 2));
            marks.Add(Best([.. known.Where(IsInside)], "best of all trials", isHollow: false));
            marks.Add(Best([.. known.Where(batch => !IsInside(batch))], "best, but flagged: see what limits the tuning", isHollow: true));
        }

        var exponentWords = study.RateExponent is { } exponent
            ? $" It grows as the batch size to the power of {NumberText.Figure(exponent, 2)}{(study.RateExponentInterval is var (lower, upper) ? $" ({NumberText.Figure(lower, 2)} to {NumberText.Figure(upper, 2)})" : "")}; 1 is the linear rule, 0.5 the square-root rule."
            : "";
        return Figure.Of(
            "Best learning rate",
            $"Rules are drawn for comparison; no rate was chosen by them.{exponentWords}",
            new Plot(
                "Best learning rate against the batch size",
                PlotAxis.OfBatchSizes(study.BatchSizes),
                PlotAxis.Logarithmic("learning rate"),
                [.. marks.Where(mark => mark is not Dots { Points.IsEmpty: true })]),
            DataTable.Of("best_rate", ["batch_size", "best_learning_rate", "lowest_tried", "highest_tried", "edge_flag"], study.Batches, batch => [batch.BatchSize, batch.BestLearningRate, batch.RateRange.Lowest, batch.RateRange.Highest, batch.EdgeFlag]));
    }

    private static bool IsInside(BatchSummary batch) => batch.EdgeFlag.Equals("inside", StringComparison.OrdinalIgnoreCase);

    private static Dots Best(ImmutableArray<BatchSummary> batches, string name, bool isHollow) =>
        new([.. batches.Select(batch => new Dot(
            batch.BatchSize,
            batch.BestLearningRate!.Value,
            $"batch {NumberText.Whole(batch.BatchSize)}: {NumberText.Figure(batch.BestLearningRate!.Value)}, {batch.EdgeFlag}"))])
        {
            Color = MarkColor.Series(0), IsHollow = isHollow, Radius = 5, Name = name,
        };

    private static Figure Fates(StudyResult study)
    {
        var rows = study.BatchSizes.Distinct().Order().ToArray();
        var tuning = study.Trials.Where(trial => trial.Request.Phase == TrialPhase.Tuning && trial.Request.LearningRate > 0).ToArray();
        // Colours compare trials of one batch size: between sizes, steps differ by their nature.
        var ranges = tuning.Where(trial => trial.StepsToGoal is not null).GroupBy(trial => trial.Request.BatchSize).ToDictionary(
            group => group.Key,
            group => (Least: group.Min(trial => trial.StepsToGoal!.Value), Most: group.Max(trial => trial.StepsToGoal!.Value)));
        (TrialStatus Status, string Name, MarkerShape Shape, bool IsHollow, MarkColor Color)[] kinds =
        [
            (TrialStatus.BudgetExhausted, "budget used up", MarkerShape.Circle, true, MarkColor.Faint),
            (TrialStatus.StoppedEarly, "stopped early", MarkerShape.Triangle, true, MarkColor.Faint),
            (TrialStatus.FailedSystem, "system failed", MarkerShape.Square, true, MarkColor.Series(3)),
            (TrialStatus.Diverged, "diverged", MarkerShape.Cross, false, MarkColor.Series(1)),
            (TrialStatus.Reached, "reached", MarkerShape.Circle, false, MarkColor.Ramp(0)),
        ];
        var marks = kinds.Select(kind => new Dots([.. tuning.Where(trial => trial.Status == kind.Status).Select(trial => new Dot(trial.Request.LearningRate, Row(trial), StudyText.Trial(trial), kind.Status == TrialStatus.Reached ? Shade(trial) : null))])
        {
            Color = kind.Color, Shape = kind.Shape, IsHollow = kind.IsHollow, Radius = kind.Shape == MarkerShape.Cross ? 3.4 : 4, Name = kind.Name,
        }).Where(dots => !dots.Points.IsEmpty);

        // Trials of nearly the same rate are moved apart within their row, each always in the same way.
        double Row(TrialResult trial) => Array.IndexOf(rows, trial.Request.BatchSize) + ((((trial.Request.Index * 0.618) % 1) - 0.5) * 0.36);
        MarkColor Shade(TrialResult trial)
        {
            var (least, most) = ranges[trial.Request.BatchSize];
            return MarkColor.Ramp(most == least ? 0 : Math.Log((double)trial.StepsToGoal!.Value / least) / Math.Log((double)most / least));
        }

        return Figure.Of(
            "What became of each trial",
            "A row for each batch size, a mark for each tuning trial. Divergence at high rates and exhausted budgets at low ones should enclose the best.",
            new Plot("Fate of each trial by learning rate", PlotAxis.Logarithmic("learning rate"), PlotAxis.OfCategories("batch size", rows.Select(size => NumberText.Whole(size))), [.. marks])
            {
                RowHeight = 32,
                Ramp = ranges.Count > 0 ? new RampKey("steps to the goal, within the row", "fewest", "most") : null,
            },
            DataTable.Of("fates", ["batch_size", "trial", "learning_rate", "status", "steps_to_goal", "diverged_step"], tuning, trial => [trial.Request.BatchSize, trial.Request.Index, trial.Request.LearningRate, Statistics.StatusName.Of(trial.Status), trial.StepsToGoal, trial.DivergedStep]));
    }
}
