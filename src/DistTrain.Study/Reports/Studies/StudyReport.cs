using System.Collections.Immutable;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Studies;

/// <summary>The report of a study of batch sizes: the plots of Shallue et al. 2019 and McCandlish et al. 2018.</summary>
public static class StudyReport
{
    private const int MostRowsOfTrials = 2000;

    public static ReportDocument Of(StudyResult study, Provenance provenance)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(provenance);
        return new ReportDocument
        {
            Kind = "Batch-size study",
            Title = study.Title,
            Headline = Headline(study),
            Findings = study.Findings,
            Refusals = [.. study.Refusals, .. FurtherRefusals(study)],
            Sections =
            [
                new ReportSection("What it takes to reach the goal")
                {
                    Introduction = $"The goal: {study.Goal}. Learning rates were tuned anew at every batch size; what is shown as confirmed was trained again from other seeds with the best setting of each.",
                    Figures = StudyCostFigures.Of(study),
                    Tables = [Summary(study)],
                },
                new ReportSection("Tuning") { Figures = StudyTuningFigures.Of(study), Tables = [Flags(study)] },
                new ReportSection("Curves") { Figures = StudyCurveFigures.Of(study) },
                new ReportSection("Trials") { Tables = [Trials(study)] },
            ],
            Settings = [.. study.Settings, ("goal", study.Goal.ToString()), ("training samples", NumberText.Whole(study.TrainingSamples)), ("seconds measured on", study.Placement)],
            Provenance = provenance,
        };
    }

    private static string Headline(StudyResult study)
    {
        var range = study.BatchSizes.IsEmpty ? "" : $" from {NumberText.Whole(study.BatchSizes.Min())} to {NumberText.Whole(study.BatchSizes.Max())}";
        if (study.Fit.CriticalBatchSize is { } critical)
        {
            return $"The critical batch size is about {NumberText.Figure(critical)}{StudyText.Interval(study.Fit.CriticalBatchSizeInterval, study.Fit.Confidence)}: well below it larger batches save steps in proportion, beyond it they save less and less";
        }

        return study.Batches.Any(batch => batch.StepsToGoal.Median is not null)
            ? $"Steps to {study.Goal} are known at {NumberText.Count(study.Batches.Count(batch => batch.StepsToGoal.Median is not null), "batch size")}{range}, but not where larger batches stop paying off"
            : $"No batch size{range} reached {study.Goal} often enough to say how many steps it takes";
    }

    /// <summary>What the study's own sentences do not speak of.</summary>
    private static IEnumerable<string> FurtherRefusals(StudyResult study)
    {
        bool IsTold(string reason) => study.Refusals.Any(sentence => sentence.Contains(reason.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));
        if (study.Fit.Refusal is { } refusal && !IsTold(refusal))
        {
            yield return $"No critical batch size: {refusal.TrimEnd('.')}.";
        }

        foreach (var batch in study.Batches)
        {
            if (batch.StepsToGoal.Refusal is { } reason && !IsTold(reason))
            {
                yield return $"No median at batch size {NumberText.Whole(batch.BatchSize)}: {reason.TrimEnd('.')}.";
            }
        }
    }

    private static ReadableTable Summary(StudyResult study) => new(
        "By batch size",
        ["batch", "steps", "interval", "fewest in tuning", "epochs", "seconds", "best rate", "test error", "noise scale", "reached", "censored", "diverged"],
        [
            .. study.Batches.Select(batch => ImmutableArray.Create(
                NumberText.Whole(batch.BatchSize),
                StudyText.Median(batch.StepsToGoal),
                StudyText.Range(batch.StepsToGoal),
                batch.TunedMinimumSteps is { } least ? NumberText.Whole(least) : "none",
                StudyText.Median(batch.EpochsToGoal),
                StudyText.Median(batch.SecondsToGoal),
                batch.BestLearningRate is { } rate ? NumberText.Figure(rate) : "",
                batch.TestError is { } error ? NumberText.Percent(error) : "",
                batch.NoiseScaleAtGoal is { } noise ? NumberText.Figure(noise) : "undetermined",
                $"{batch.Reached} + {batch.ConfirmedReached}",
                $"{batch.Censored} + {batch.ConfirmedCensored}",
                $"{batch.Diverged} + {batch.ConfirmedDiverged}")),
        ],
        LeftColumns: 0)
    {
        Caption = $"Steps, epochs and seconds to the goal: medians over confirmation runs{Coverage(study)}; counts: tuning + confirmation.",
        Data = StudyTables.Summary(study),
    };

    private static string Coverage(StudyResult study) => study.Batches.Select(batch => batch.StepsToGoal).FirstOrDefault(measured => measured.Coverage > 0) is { } measured
        ? $", with the interval that holds the true median with {NumberText.Percent(measured.Coverage)}"
        : "";

    private static ReadableTable Flags(StudyResult study) => new(
        "What limits the tuning",
        ["batch", "best rate lies", "because", "budget", "because"],
        [
            .. study.Batches.Select(batch => ImmutableArray.Create(
                NumberText.Whole(batch.BatchSize), batch.EdgeFlag, batch.EdgeReason, batch.IsBudgetLimited ? "limits" : "suffices", batch.BudgetReason)),
        ],
        LeftColumns: 9)
    { IsFolded = true };

    private static ReadableTable Trials(StudyResult study)
    {
        var shown = study.Trials.OrderBy(trial => trial.Request.BatchSize).ThenBy(trial => trial.Request.Phase).ThenBy(trial => trial.Request.Index).Take(MostRowsOfTrials).ToArray();
        var others = StudyTables.SettingNames(study).Where(name => name != "learning-rate").ToArray();
        return new ReadableTable(
            $"Every trial ({NumberText.Whole(study.Trials.Length)})",
            ["phase", "status", "batch", "trial", "seed", "rate", .. others, "steps", "to goal", "seconds", "best error", "test error"],
            [
                .. shown.Select(trial => (ImmutableArray<string>)
                [
                    StudyTables.PhaseName(trial.Request.Phase), StudyText.Status(trial), NumberText.Whole(trial.Request.BatchSize), NumberText.Whole(trial.Request.Index), $"{trial.Request.Seed}",
                    NumberText.Figure(trial.Request.LearningRate), .. others.Select(name => trial.Request.Settings.GetValueOrDefault(name, "")), NumberText.Whole(trial.Steps),
                    trial.StepsToGoal is { } steps ? NumberText.Whole(steps) : "", NumberText.Figure(trial.TrainSeconds),
                    trial.BestValidationError is { } best ? NumberText.Percent(best) : "", trial.TestError is { } test ? NumberText.Percent(test) : "",
                ]),
            ],
            LeftColumns: 2)
        {
            Caption = $"{(shown.Length < study.Trials.Length ? $"The first {NumberText.Whole(shown.Length)}. " : "")}trials.csv beside this page has all that is known of each.",
            IsFolded = true,
        };
    }
}
