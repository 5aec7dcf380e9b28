using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Experiments;

/// <summary>A study in sentences: what was found, with figures and intervals, and what is not concluded, and why.</summary>
internal static class StudyFindings
{
    public static ImmutableArray<string> Findings(StudyPlan plan, StudyResult study) =>
        [.. Steps(plan, study), .. CriticalBatch(study), .. NoiseScale(study), .. Rates(study), .. Seconds(study), .. FinalErrors(study)];

    public static ImmutableArray<string> Refusals(StudyPlan plan, StudyResult study, string? rateRefusal) =>
    [
        .. study.Batches.Where(batch => batch.StepsToGoal.Refusal is not null).Select(batch => $"No steps to the goal are given for batch size {batch.BatchSize}: {batch.StepsToGoal.Refusal}."),
        .. study.Fit.Refusal is { } reason ? (string[])[$"No critical batch size is given: {reason}."] : [],
        .. rateRefusal is null ? [] : (string[])[$"No law is given for the best learning rate: {rateRefusal}."],
        .. study.Batches.Where(batch => batch.EdgeFlag is "at the lower edge" or "at the upper edge").Select(batch => $"The best rate of batch size {batch.BatchSize} may not have been found: {batch.EdgeReason}."),
        .. study.Batches.Where(batch => batch is { IsBudgetLimited: true, TunedMinimumSteps: not null }).Select(batch => $"Batch size {batch.BatchSize} may be judged too badly: {batch.BudgetReason}."),
        .. study.Batches.All(batch => batch.NoiseScaleAtGoal is null) ? (string[])["No noise scale is given: it was not measured, or was undetermined in every confirmation trial."] : [],
        .. plan.GoesOnAfterGoal ? [] : (string[])["Nothing is said of final errors: trials ended at the goal (--to-budget lets them go on)."],
        "Seconds are those of confirmation trials, each alone on the machine; nothing is said of the seconds of tuning trials, which ran side by side.",
    ];

    private static IEnumerable<string> Steps(StudyPlan plan, StudyResult study)
    {
        BatchSummary[] known = [.. study.Batches.Where(batch => batch.StepsToGoal.Median is not null)];
        if (known is not [var first, .., var last])
        {
            yield break;
        }

        yield return $"To {study.Goal}, batch size {first.BatchSize} takes {Text(first.StepsToGoal)} steps and {last.BatchSize} takes {Text(last.StepsToGoal)}: "
            + $"{Figure(last.BatchSize / (double)first.BatchSize)} times the batch, {Figure(first.StepsToGoal.Median!.Value / last.StepsToGoal.Median!.Value)} times fewer steps "
            + $"(medians over {plan.Confirmations} seeds, with {Percent(first.StepsToGoal.Coverage)} intervals).";
        var cheapest = known.MinBy(batch => batch.SamplesToGoal.Median)!;
        yield return $"The fewest samples are needed at batch size {cheapest.BatchSize}: {Text(cheapest.SamplesToGoal)}, or {Figure(cheapest.EpochsToGoal.Median!.Value)} epochs; "
            + $"at {last.BatchSize} it is {Figure(last.SamplesToGoal.Median!.Value / cheapest.SamplesToGoal.Median!.Value)} times as many.";
    }

    private static IEnumerable<string> CriticalBatch(StudyResult study)
    {
        if (study.Fit is not { CriticalBatchSize: { } critical, MinimumSteps: { } steps, CriticalBatchSizeInterval: { } interval, MinimumStepsInterval: { } stepsInterval } fit)
        {
            yield break;
        }

        yield return $"The critical batch size is {IntervalText.Of(critical, interval.Lower, interval.Upper)} samples, and no batch size gets below {IntervalText.Of(steps, stepsInterval.Lower, stepsInterval.Upper)} steps "
            + $"({Percent(fit.Confidence)} bootstrap intervals over seeds): steps = {Figure(steps)} (1 + {Figure(critical)} / batch size), at most {Percent(fit.Residuals.Values.Max(Math.Abs))} off.";
        foreach (var remark in fit.Remarks)
        {
            yield return Sentence(remark);
        }
    }

    private static IEnumerable<string> NoiseScale(StudyResult study)
    {
        BatchSummary[] known = [.. study.Batches.Where(batch => batch.NoiseScaleAtGoal is not null)];
        if (known.Length == 0)
        {
            yield break;
        }

        var median = OrderStatistics.Median(known.Select(batch => batch.NoiseScaleAtGoal!.Value));
        var range = $"from {Figure(known.Min(batch => batch.NoiseScaleAtGoal!.Value))} to {Figure(known.Max(batch => batch.NoiseScaleAtGoal!.Value))} over {known.Length} batch sizes";
        yield return study.Fit is { CriticalBatchSize: { } critical, CriticalBatchSizeInterval: { } interval }
            ? $"The gradient noise scale at the goal predicts a critical batch size of {Figure(median)} ({range}), {Figure(median / critical)} times what was measured"
                + (median >= interval.Lower && median <= interval.Upper ? ", inside its interval." : ", outside its interval; McCandlish et al. promise no more than the order of magnitude.")
            : $"The gradient noise scale at the goal predicts a critical batch size of {Figure(median)} ({range}).";
    }

    private static IEnumerable<string> Rates(StudyResult study)
    {
        if (study is { RateExponent: { } exponent, RateExponentInterval: { } interval })
        {
            var verdict = (interval.Lower <= 1 && interval.Upper >= 1, interval.Lower <= 0.5 && interval.Upper >= 0.5) switch
            {
                (true, true) => "neither the linear rule (1) nor the square-root rule (0.5) can be told from it",
                (true, false) => "which the linear rule (1) agrees with, and the square-root rule (0.5) does not",
                (false, true) => "which the square-root rule (0.5) agrees with, and the linear rule (1) does not",
                _ => "which agrees with neither the linear rule (1) nor the square-root rule (0.5)",
            };
            yield return $"The best learning rate grows like the batch size to the power {IntervalText.Of(exponent, interval.Lower, interval.Upper)} (90 % interval), {verdict}.";
        }

        int[] limited = [.. study.Batches.Where(batch => batch.EdgeFlag == "stability-limited").Select(batch => batch.BatchSize)];
        if (limited.Length > 0)
        {
            yield return $"At batch size {string.Join(", ", limited)} the best rate is limited by stability: everything above it diverged.";
        }
    }

    private static IEnumerable<string> Seconds(StudyResult study)
    {
        BatchSummary[] known = [.. study.Batches.Where(batch => batch.SecondsToGoal.Median is not null)];
        if (known.Length > 1)
        {
            var fastest = known.MinBy(batch => batch.SecondsToGoal.Median)!;
            var slowest = known.MaxBy(batch => batch.SecondsToGoal.Median)!;
            yield return $"On this placement ({study.Placement}) the goal is reached soonest at batch size {fastest.BatchSize}, in {Text(fastest.SecondsToGoal)} s of training; slowest is {slowest.BatchSize}, in {Text(slowest.SecondsToGoal)} s.";
        }
    }

    private static IEnumerable<string> FinalErrors(StudyResult study)
    {
        BatchSummary[] known = [.. study.Batches.Where(batch => batch.BestErrorWithinSteps is not null)];
        if (known is [var first, .., var last])
        {
            yield return $"Within the budget of steps the lowest validation error of any tuning trial is {Percent2(first.BestErrorWithinSteps!.Value)} at batch size {first.BatchSize} and {Percent2(last.BestErrorWithinSteps!.Value)} at {last.BatchSize}.";
        }
    }

    private static string Text(Measured measured) => measured switch
    {
        { Median: { } median, Lower: { } lower, Upper: { } upper } => IntervalText.Of(median, lower, upper),
        { Median: { } median, Lower: { } lower } => IntervalText.Of(median, lower, lower, isUpperOpen: true),
        { Median: { } median } => Figure(median),
        _ => "an unknown number of",
    };

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..] + ".";

    private static string Figure(double value) => value >= 1000 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string Percent2(double share) => (share * 100).ToString("0.00", CultureInfo.InvariantCulture) + " %";
}
