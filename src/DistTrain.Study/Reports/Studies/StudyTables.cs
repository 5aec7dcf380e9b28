using System.Collections.Immutable;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Reports.Studies;

/// <summary>A study as tables for programs, and the files that it is kept in.</summary>
public static class StudyTables
{
    /// <summary>Every file of a study beside its report: names and contents.</summary>
    public static ImmutableArray<(string FileName, string Content)> Files(StudyResult study) =>
    [
        ("study.json", StudyJson.Write(study)),
        ("trials.csv", Trials(study).ToCsv()),
        ("measurements.csv", Measurements(study).ToCsv()),
        ("noise.csv", Noise(study).ToCsv()),
        ("summary.csv", Summary(study).ToCsv()),
    ];

    /// <summary>A row for each trial. Settings have columns of their own, named as they are.</summary>
    public static DataTable Trials(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        var settings = SettingNames(study);
        return DataTable.Of(
            "trials",
            [
                "batch_size", "phase", "trial", "seed", .. settings, "status", "steps", "samples", "epochs", "steps_to_goal", "previous_evaluation", "train_seconds", "evaluation_seconds", "diverged_step",
                "best_validation_error", "final_validation_error", "test_error", "test_loss", "budget_steps", "weights_hash", "key", "explanation",
            ],
            study.Trials,
            trial =>
            [
                trial.Request.BatchSize, PhaseName(trial.Request.Phase), trial.Request.Index, trial.Request.Seed, .. settings.Select(name => (object?)trial.Request.Settings.GetValueOrDefault(name)), StatusName.Of(trial.Status),
                trial.Steps, trial.Samples, trial.Epochs, trial.StepsToGoal, trial.PreviousEvaluation, trial.TrainSeconds, trial.EvaluationSeconds, trial.DivergedStep,
                trial.BestValidationError, trial.FinalValidationError, trial.TestError, trial.TestLoss, trial.Request.BudgetSteps, trial.WeightsHash, trial.Key, trial.Explanation,
            ]);
    }

    /// <summary>A row for each evaluation of each trial.</summary>
    public static DataTable Measurements(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return Measurements(study, "measurements", study.Trials, trial => trial.Curve, value => value);
    }

    /// <summary>A row for each estimate of the noise scale.</summary>
    public static DataTable Noise(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return Noise("noise", study.Trials, trial => trial.Noise, value => value);
    }

    /// <summary>A row for each batch size.</summary>
    public static DataTable Summary(StudyResult study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return DataTable.Of(
            "summary",
            [
                "batch_size", "tuned_minimum_steps", .. MeasuredColumns("steps"), .. MeasuredColumns("epochs"), .. MeasuredColumns("samples"), .. MeasuredColumns("seconds"), "interval_coverage", "refusal",
                "reached", "censored", "diverged", "confirmed_reached", "confirmed_censored", "confirmed_diverged", "best_learning_rate", "lowest_rate", "highest_rate", "edge_flag", "edge_reason",
                "budget_limited", "budget_reason", "noise_scale_at_goal", "best_error_within_steps", "best_error_within_samples", "test_error", "fit_residual",
            ],
            study.Batches,
            batch =>
            [
                batch.BatchSize, batch.TunedMinimumSteps, .. MeasuredCells(batch.StepsToGoal), .. MeasuredCells(batch.EpochsToGoal), .. MeasuredCells(batch.SamplesToGoal), .. MeasuredCells(batch.SecondsToGoal),
                batch.StepsToGoal.Coverage, batch.StepsToGoal.Refusal,
                batch.Reached, batch.Censored, batch.Diverged, batch.ConfirmedReached, batch.ConfirmedCensored, batch.ConfirmedDiverged, batch.BestLearningRate, batch.RateRange.Lowest, batch.RateRange.Highest, batch.EdgeFlag, batch.EdgeReason,
                batch.IsBudgetLimited, batch.BudgetReason, batch.NoiseScaleAtGoal, batch.BestErrorWithinSteps, batch.BestErrorWithinSamples, batch.TestError,
                study.Fit.Residuals.TryGetValue(batch.BatchSize, out var residual) ? residual : null,
            ]);
    }

    internal static string PhaseName(TrialPhase phase) => phase == TrialPhase.Tuning ? "tuning" : "confirmation";

    /// <summary>Of all settings that any trial has, the learning rate first.</summary>
    internal static ImmutableArray<string> SettingNames(StudyResult study) =>
        [.. study.Trials.SelectMany(trial => trial.Request.Settings.Keys).Distinct().OrderBy(name => name != "learning-rate").ThenBy(name => name, StringComparer.Ordinal)];

    /// <summary>As many digits as a drawing can show, and more: for the data in a page, which is to stay small.</summary>
    internal static double? Rounded(double? value) => value is { } number && double.IsFinite(number) && number != 0
        ? Math.Round(number, Math.Clamp(5 - (int)Math.Floor(Math.Log10(Math.Abs(number))), 0, 15))
        : value;

    internal static DataTable Measurements(StudyResult study, string name, IEnumerable<TrialResult> trials, Func<TrialResult, IEnumerable<CurvePoint>> points, Func<double?, double?> digits) => DataTable.Of(
        name,
        ["batch_size", "phase", "trial", "seed", "step", "samples", "epochs", "train_seconds", "evaluation_seconds", "train_loss", "validation_loss", "validation_error"],
        trials.SelectMany(trial => points(trial).Select(point => (trial.Request, point))),
        row =>
        [
            row.Request.BatchSize, PhaseName(row.Request.Phase), row.Request.Index, row.Request.Seed, row.point.Step, row.point.Samples, digits((double)row.point.Samples / study.TrainingSamples),
            digits(row.point.TrainSeconds), digits(row.point.EvaluationSeconds), digits(row.point.TrainLoss), digits(row.point.ValidationLoss), digits(row.point.ValidationError),
        ]);

    internal static DataTable Noise(string name, IEnumerable<TrialResult> trials, Func<TrialResult, IEnumerable<NoisePoint>> points, Func<double?, double?> digits) => DataTable.Of(
        name,
        ["batch_size", "phase", "trial", "seed", "step", "gradient_squared_norm", "gradient_variance", "noise_scale"],
        trials.SelectMany(trial => points(trial).Select(point => (trial.Request, point))),
        row =>
        [
            row.Request.BatchSize, PhaseName(row.Request.Phase), row.Request.Index, row.Request.Seed, row.point.Step, digits(row.point.GradientSquaredNorm), digits(row.point.GradientVariance), digits(row.point.NoiseScale),
        ]);

    private static IEnumerable<string> MeasuredColumns(string of) => [$"{of}_to_goal_median", $"{of}_to_goal_lower", $"{of}_to_goal_upper"];

    private static IEnumerable<object?> MeasuredCells(Measured measured) => [measured.Median, measured.Lower, measured.Upper];
}
