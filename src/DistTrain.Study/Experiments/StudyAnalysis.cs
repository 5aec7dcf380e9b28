using System.Collections.Immutable;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Experiments;

/// <summary>What a study's trials say: a pure function of them, so that a study that was interrupted says the same as one that was not.</summary>
public static class StudyAnalysis
{
    private const double Confidence = 0.9;

    /// <summary>The figures; what they mean in words is <see cref="StudyFindings"/>' business.</summary>
    /// <param name="plan">What was run.</param>
    /// <param name="batches">Ascending.</param>
    /// <param name="title">Such as data and model.</param>
    /// <param name="settings">For people: name and value.</param>
    /// <param name="placement">On what seconds were measured.</param>
    public static StudyResult Of(StudyPlan plan, ImmutableArray<BatchTrials> batches, string title, ImmutableArray<(string Name, string Value)> settings, string placement)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var summaries = batches.Select(batch => Summarize(plan, batch)).ToImmutableArray();
        var rates = PowerLawFit.Of([.. summaries.Where(batch => batch is { TunedMinimumSteps: not null, BestLearningRate: not null }).Select(batch => ((double)batch.BatchSize, batch.BestLearningRate!.Value))], Confidence);
        var result = new StudyResult
        {
            Title = title,
            Settings = settings,
            Goal = plan.Goal,
            TrainingSamples = plan.TrainingSamples,
            Placement = placement,
            BatchSizes = plan.BatchSizes,
            Trials = [.. batches.SelectMany(batch => batch.Tuning.Concat(batch.Confirmation))],
            Batches = summaries,
            Fit = Fit(plan, batches),
            RateExponent = rates.Law?.Exponent,
            RateExponentInterval = rates.ExponentInterval is { } interval ? (interval.Lower, interval.Upper) : null,
            Findings = [],
            Refusals = [],
        };
        return result with { Findings = StudyFindings.Findings(plan, result), Refusals = StudyFindings.Refusals(plan, result, rates.Refusal) };
    }

    private static BatchSummary Summarize(StudyPlan plan, BatchTrials batch)
    {
        ImmutableArray<TuningTrial> tuned = [.. batch.LastRound.Select(BatchSizeStudy.ForRules)];
        var best = batch.Best(plan.Goal);
        var edge = EdgeRule.Decide(batch.Rates, tuned);
        var budget = plan.BudgetOf(batch.BatchSize);
        var flags = BudgetRule.Flags(tuned, budget, best is { StepsToGoal: { } reached, PreviousEvaluation: { } before } ? reached - before : 1);
        var (tuning, confirmed) = (FateCounts.Of(tuned.Select(trial => trial.Status)), FateCounts.Of(batch.Confirmation.Select(trial => trial.Status)));
        return new BatchSummary
        {
            BatchSize = batch.BatchSize,
            TunedMinimumSteps = best?.StepsToGoal,
            BestLearningRate = best?.Request.LearningRate,
            BestSettings = best?.Request.Settings ?? ImmutableSortedDictionary<string, string>.Empty,
            RateRange = (batch.Rates.Lower, batch.Rates.Upper),
            EdgeFlag = NameOf(edge.Kind),
            EdgeReason = edge.Reason,
            IsBudgetLimited = !flags.IsEmpty,
            BudgetReason = string.Join("; ", flags.Select(flag => flag.Reason)),
            Reached = tuning.Reached,
            Censored = tuning.BudgetExhausted + tuning.StoppedEarly,
            Diverged = tuning.Diverged,
            ConfirmedReached = confirmed.Reached,
            ConfirmedCensored = confirmed.BudgetExhausted + confirmed.StoppedEarly,
            ConfirmedDiverged = confirmed.Diverged,
            StepsToGoal = Measure(batch, point => point.Step),
            EpochsToGoal = Measure(batch, point => point.Samples / (double)plan.TrainingSamples),
            SamplesToGoal = Measure(batch, point => point.Samples),
            SecondsToGoal = Measure(batch, point => point.TrainSeconds),
            NoiseScaleAtGoal = MedianOrNull(batch.Confirmation.Select(NoiseAtGoal)),
            BestErrorWithinSteps = plan.GoesOnAfterGoal ? LowestError(batch, point => point.Step <= plan.MaximumSteps) : null,
            BestErrorWithinSamples = plan is { GoesOnAfterGoal: true, MaximumSamples: { } samples } ? LowestError(batch, point => point.Samples <= samples) : null,
            TestError = MedianOrNull(batch.Confirmation.Select(trial => trial.TestError)),
        };
    }

    /// <summary>How many of what it took to the goal, over the confirmation trials; those that did not get there took more than they were given, and those that diverged never would.</summary>
    private static Measured Measure(BatchTrials batch, Func<CurvePoint, double> quantity)
    {
        if (batch.Confirmation.IsEmpty)
        {
            return Measured.Refused(batch.Tuning.Any(trial => trial.StepsToGoal is not null) ? "it was not confirmed on other seeds" : "no tuning trial reached the goal, so there was nothing to confirm");
        }

        return Measured.Of(OrderStatistics.MedianOf([.. batch.Confirmation.Select(trial => ObservationOf(trial, quantity))]));
    }

    private static Observation ObservationOf(TrialResult trial, Func<CurvePoint, double> quantity) => trial switch
    {
        { AtGoal: { } reached } => Observation.Exactly(quantity(reached)),
        { Status: TrialStatus.Diverged } or { Curve.IsEmpty: true } => Observation.MoreThan(double.MaxValue),
        _ => Observation.MoreThan(quantity(trial.Curve[^1])),
    };

    private static double? NoiseAtGoal(TrialResult trial) => trial.StepsToGoal is { } step ? trial.Noise.LastOrDefault(point => point.Step <= step)?.NoiseScale : null;

    private static double? MedianOrNull(IEnumerable<double?> values)
    {
        double[] known = [.. values.OfType<double>()];
        return known.Length == 0 ? null : OrderStatistics.Median(known);
    }

    private static double? LowestError(BatchTrials batch, Func<CurvePoint, bool> isWithin) => batch.LastRound.SelectMany(trial => trial.Curve.Where(isWithin)).Min(point => point.ValidationError);

    private static FitSummary Fit(StudyPlan plan, ImmutableArray<BatchTrials> batches)
    {
        BatchSample[] samples = [.. batches.Where(batch => !batch.Confirmation.IsEmpty).Select(batch => new BatchSample(batch.BatchSize, [.. batch.Confirmation.Select(trial => ObservationOf(trial, point => point.Step))]))];
        var fit = CriticalBatchFit.Of(samples, plan.Seed);
        return fit.Estimate is not { } estimate
            ? new FitSummary(null, null, null, null, Confidence, ImmutableSortedDictionary<int, double>.Empty, fit.Refusal, fit.Notes)
            : new FitSummary(
                estimate.Model.MinimumSteps,
                estimate.Model.CriticalBatchSize,
                Ends(estimate.MinimumStepsInterval(Confidence)),
                Ends(estimate.CriticalBatchSizeInterval(Confidence)),
                Confidence,
                estimate.Residuals.ToImmutableSortedDictionary(residual => residual.BatchSize, residual => residual.LogResidual),
                null,
                fit.Notes)
            {
                Band = [.. BandSizes(plan).Select(size => (Size: size, Steps: estimate.StepsInterval(size, Confidence))).Select(point => new FitBandPoint(point.Size, point.Steps.Lower, point.Steps.Upper))],
            };
    }

    /// <summary>Evenly in the logarithm, a little beyond what was measured.</summary>
    private static IEnumerable<double> BandSizes(StudyPlan plan)
    {
        const int points = 24;
        var (least, most) = (plan.BatchSizes[0] / 1.5, plan.BatchSizes[^1] * 1.5);
        return Enumerable.Range(0, points).Select(index => least * Math.Pow(most / least, index / (points - 1.0)));
    }

    private static (double Lower, double Upper) Ends(Interval interval) => (interval.Lower, interval.Upper);

    private static string NameOf(EdgeKind kind) => kind switch
    {
        EdgeKind.Interior => "inside",
        EdgeKind.WidenLower => "at the lower edge",
        EdgeKind.WidenUpper => "at the upper edge",
        EdgeKind.StabilityLimited => "stability-limited",
        _ => "undetermined",
    };
}
