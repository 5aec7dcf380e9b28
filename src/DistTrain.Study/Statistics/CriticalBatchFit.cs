using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using MathNet.Numerics.Distributions;
using static System.FormattableString;

namespace DistTrain.Study.Statistics;

/// <summary>The confirmation runs at one batch size.</summary>
/// <param name="StepsToGoal">One a seed; above 0.</param>
public sealed record BatchSample(int BatchSize, ImmutableArray<Observation> StepsToGoal);

/// <summary>How well one batch size is described by the fit.</summary>
/// <param name="MeanSteps">Geometric mean of the seeds.</param>
/// <param name="FittedSteps">S(B).</param>
/// <param name="LogResidual">Natural logarithm of their ratio: 0.05 means that 5 % more steps were needed than the fit says.</param>
public readonly record struct BatchResidual(int BatchSize, int Seeds, double MeanSteps, double FittedSteps, double LogResidual);

/// <param name="Replicates">The fits to resamples, from which all intervals are made.</param>
/// <param name="LackOfFitProbability">
/// How probable a misfit at least this large is if the form is right and seeds differ as they do: the F test of the residuals between batch sizes against the spread within them
/// (N. R. Draper, H. Smith, "Applied Regression Analysis", 1998, section 2.1). Small means that the form does not describe the data. Null with two parameters and no batch size
/// more, or without spread.
/// </param>
public sealed record CriticalBatchEstimate(CriticalBatchModel Model, ImmutableArray<CriticalBatchModel> Replicates, ImmutableArray<BatchResidual> Residuals, double? LackOfFitProbability)
{
    /// <summary>The usual coverage of the intervals.</summary>
    public const double UsualCoverage = 0.95;

    public Interval CriticalBatchSizeInterval(double coverage = UsualCoverage) => Bootstrap.Percentile(Replicates.Select(replicate => replicate.CriticalBatchSize), coverage);

    public Interval MinimumStepsInterval(double coverage = UsualCoverage) => Bootstrap.Percentile(Replicates.Select(replicate => replicate.MinimumSteps), coverage);

    public Interval MinimumSamplesInterval(double coverage = UsualCoverage) => Bootstrap.Percentile(Replicates.Select(replicate => replicate.MinimumSamples), coverage);

    /// <summary>The fit's own band at one batch size, point by point; it says nothing of single trainings, which scatter more.</summary>
    public Interval StepsInterval(double batchSize, double coverage = UsualCoverage) => Bootstrap.Percentile(Replicates.Select(replicate => replicate.Steps(batchSize)), coverage);
}

/// <summary>
/// The fit of S = S_min (1 + B_crit/B), or the reason why there is none. Exactly one of <see cref="Estimate"/> and <see cref="Refusal"/> is null.
/// </summary>
/// <param name="Notes">What was left out, and what limits the result; one sentence each.</param>
public sealed record CriticalBatchFit(CriticalBatchEstimate? Estimate, string? Refusal, ImmutableArray<string> Notes)
{
    private const int FewestBatchSizes = 3;
    private const double SuspiciousProbability = 0.05;

    /// <summary>A variance of log S below this is rounding, not a difference between seeds.</summary>
    private const double LeastSpread = 1e-20;

    /// <summary>
    /// Fits in log S, so that a deviation of 5 % weighs the same at every batch size. Intervals are bootstrapped over seeds, within each batch size: they hold the scatter between
    /// seeds, not what is wrong with the form, which <see cref="CriticalBatchEstimate.Residuals"/> and <see cref="CriticalBatchEstimate.LackOfFitProbability"/> show, nor what
    /// retuning left undone. Measured on known truth (eight batch sizes, five seeds, 5 % noise, 1,000 repeats): intervals made for 95 % and 90 % held B_crit in 92.7 % and 87.5 %.
    /// Censored values are left out, and so are batch sizes where half or more are. A fit is refused with fewer than three batch sizes, with a single seed at one of them, and where
    /// B_crit is not bracketed by the batch sizes measured.
    /// </summary>
    /// <param name="samples">Each batch size once.</param>
    /// <param name="replicates">Number of resamples, at least 100.</param>
    /// <exception cref="ArgumentException">A batch size or a number of steps is not above 0, or a batch size is given twice.</exception>
    public static CriticalBatchFit Of(IReadOnlyList<BatchSample> samples, ulong seed, int replicates = 2000)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(replicates, 100);
        Check(samples);
        var ordered = samples.OrderBy(sample => sample.BatchSize).ToImmutableArray();
        var used = ordered.Where(sample => sample.StepsToGoal.Count(value => value.IsCensored) * 2 < sample.StepsToGoal.Length).ToImmutableArray();
        var notes = ordered.SelectMany(CensoringNotes).ToImmutableArray();
        if (used.Length < FewestBatchSizes)
        {
            return new CriticalBatchFit(null, Invariant($"no fit: {used.Length} batch sizes have results, and {FewestBatchSizes} are needed"), notes);
        }

        var logSteps = used.Select(LogSteps).ToImmutableArray();
        var single = logSteps.IndexOf(logSteps.MinBy(values => values.Length));
        if (logSteps[single].Length < 2)
        {
            return new CriticalBatchFit(null, Invariant($"no fit: batch size {used[single].BatchSize} has a single result, and without a second seed nothing is known of its scatter"), notes);
        }

        var batchSizes = used.Select(sample => sample.BatchSize).ToImmutableArray();
        var search = new CriticalBatchSearch(batchSizes, logSteps.Select(values => values.Length));
        var model = search.Fit([.. logSteps.Select(values => values.Average())]);
        var fits = Enumerable.Range(0, replicates).Select(replicate => search.Fit(Bootstrap.ResampledMeans(logSteps, seed, replicate))).ToImmutableArray();
        var estimate = new CriticalBatchEstimate(model, fits, Residuals(batchSizes, logSteps, model), LackOfFit(batchSizes, logSteps, model));
        return Unbracketed(search, estimate, batchSizes) is { } refusal
            ? new CriticalBatchFit(null, refusal, notes)
            : new CriticalBatchFit(estimate, null, [.. notes, .. Limits(estimate, batchSizes)]);
    }

    private static void Check(IReadOnlyList<BatchSample> samples)
    {
        if (samples.DistinctBy(sample => sample.BatchSize).Count() != samples.Count)
        {
            throw new ArgumentException("a batch size is given twice", nameof(samples));
        }

        foreach (var sample in samples)
        {
            if (sample.BatchSize <= 0 || sample.StepsToGoal.Any(steps => !(steps.Value > 0) || double.IsInfinity(steps.Value)))
            {
                throw new ArgumentException($"batch sizes and steps to the goal are above 0 and finite, but batch size {sample.BatchSize} has {string.Join(", ", sample.StepsToGoal)}", nameof(samples));
            }
        }
    }

    private static IEnumerable<string> CensoringNotes(BatchSample sample)
    {
        var (count, censored) = (sample.StepsToGoal.Length, sample.StepsToGoal.Count(value => value.IsCensored));
        if (censored * 2 >= count)
        {
            yield return Invariant($"batch size {sample.BatchSize} is left out of the fit: {censored} of {count} seeds did not reach the goal");
        }
        else if (censored > 0)
        {
            yield return Invariant($"at batch size {sample.BatchSize}, {censored} of {count} seeds did not reach the goal and are left out: the fit reads low there");
        }
    }

    private static ImmutableArray<double> LogSteps(BatchSample sample) => [.. sample.StepsToGoal.Where(value => !value.IsCensored).Select(value => DeterministicMath.Log(value.Value))];

    private static ImmutableArray<BatchResidual> Residuals(ImmutableArray<int> batchSizes, ImmutableArray<ImmutableArray<double>> logSteps, CriticalBatchModel model) =>
    [
        .. batchSizes.Zip(logSteps, (batchSize, values) =>
        {
            var (mean, fitted) = (values.Average(), model.Steps(batchSize));
            return new BatchResidual(batchSize, values.Length, DeterministicMath.Exp(mean), fitted, mean - DeterministicMath.Log(fitted));
        }),
    ];

    private static double? LackOfFit(ImmutableArray<int> batchSizes, ImmutableArray<ImmutableArray<double>> logSteps, CriticalBatchModel model)
    {
        var (betweenFreedom, withinFreedom) = (batchSizes.Length - 2, logSteps.Sum(values => values.Length - 1));
        var within = logSteps.Sum(values => values.Sum(value => Square(value - values.Average())));
        if (betweenFreedom < 1 || within < LeastSpread * withinFreedom)
        {
            return null;
        }

        var between = batchSizes.Zip(logSteps, (batchSize, values) => values.Length * Square(values.Average() - DeterministicMath.Log(model.Steps(batchSize)))).Sum();
        return 1 - FisherSnedecor.CDF(betweenFreedom, withinFreedom, between / betweenFreedom / (within / withinFreedom));
    }

    private static double Square(double value) => value * value;

    private static string? Unbracketed(CriticalBatchSearch search, CriticalBatchEstimate estimate, ImmutableArray<int> batchSizes)
    {
        var criticalBatch = estimate.Model.CriticalBatchSize;
        if (criticalBatch > batchSizes[^1])
        {
            return Invariant($"no fit: the critical batch size is not bracketed, the best one ({criticalBatch:G3}) lies above the largest batch size measured ({batchSizes[^1]}); measure larger ones");
        }

        if (criticalBatch < batchSizes[0])
        {
            return Invariant($"no fit: the critical batch size is not bracketed, the best one ({criticalBatch:G3}) lies below the smallest batch size measured ({batchSizes[0]}); measure smaller ones");
        }

        // The search ends a little inside its bounds.
        var interval = estimate.CriticalBatchSizeInterval();
        return interval.Lower < search.LowerBound * 1.01 || interval.Upper > search.UpperBound / 1.01
            ? Invariant($"no fit: the seeds scatter too much to say where the critical batch size is (its 95 % interval has no end between {search.LowerBound:G3} and {search.UpperBound:G3}); use more seeds, or batch sizes further apart")
            : null;
    }

    private static IEnumerable<string> Limits(CriticalBatchEstimate estimate, ImmutableArray<int> batchSizes)
    {
        var interval = estimate.CriticalBatchSizeInterval();
        if (interval.Lower < batchSizes[0] || interval.Upper > batchSizes[^1])
        {
            yield return Invariant($"the interval of the critical batch size ({interval.Lower:G3} to {interval.Upper:G3}) goes beyond the batch sizes measured ({batchSizes[0]} to {batchSizes[^1]}): its end there rests on the form of the fit alone");
        }

        if (estimate.LackOfFitProbability is { } probability && probability < SuspiciousProbability)
        {
            var worst = estimate.Residuals.MaxBy(residual => Math.Abs(residual.LogResidual));
            yield return Invariant($"the form does not describe the data well (a misfit like this has probability {probability:G2} by chance): at batch size {worst.BatchSize}, {worst.MeanSteps:G4} steps were needed where the fit says {worst.FittedSteps:G4}; the intervals do not hold this");
        }
    }
}
