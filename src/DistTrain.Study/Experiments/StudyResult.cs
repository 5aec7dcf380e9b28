using System.Collections.Immutable;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Experiments;

/// <summary>A quantity over seeds, or why there is none.</summary>
/// <param name="Median">Null where it is refused.</param>
/// <param name="Lower">Lower end of the interval; null where there is none.</param>
/// <param name="Upper">Upper end; null where there is none, or where it is not bounded because a value is censored.</param>
/// <param name="Coverage">The probability with which the interval holds the true median, 0 to 1.</param>
/// <param name="Refusal">Why there is no median; null where there is one.</param>
public sealed record Measured(double? Median, double? Lower, double? Upper, double Coverage, string? Refusal)
{
    public static Measured Refused(string reason) => new(null, null, null, 0, reason);

    /// <summary>As an estimate has it: an upper end that is censored bounds nothing.</summary>
    public static Measured Of(MedianEstimate estimate)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        return estimate.Refusal is { } reason
            ? Refused(reason)
            : new Measured(estimate.Median, estimate.Interval?.Lower, estimate.Interval is { IsUpperCensored: false, Upper: var upper } ? upper : null, estimate.Interval?.Coverage ?? 0, null);
    }
}

/// <summary>What was found for one batch size.</summary>
public sealed record BatchSummary
{
    public required int BatchSize { get; init; }

    /// <summary>The least steps to the goal of any tuning trial; null where none reached it.</summary>
    public long? TunedMinimumSteps { get; init; }

    /// <summary>Of the trial with the least steps, or the lowest final error where none reached the goal.</summary>
    public double? BestLearningRate { get; init; }

    /// <summary>All settings of that trial.</summary>
    public ImmutableSortedDictionary<string, string> BestSettings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Learning rates that were tried: least and greatest.</summary>
    public required (double Lowest, double Highest) RateRange { get; init; }

    /// <summary>Where the best rate lies in that range, such as <c>inside</c>, <c>at the upper edge</c> or <c>stability-limited</c>, and the reason.</summary>
    public required string EdgeFlag { get; init; }

    public required string EdgeReason { get; init; }

    /// <summary>Whether the goal was met so close to the end of the budget that more budget might change the best setting; with the reason.</summary>
    public required bool IsBudgetLimited { get; init; }

    public required string BudgetReason { get; init; }

    /// <summary>Of tuning trials.</summary>
    public required int Reached { get; init; }

    public required int Censored { get; init; }

    public required int Diverged { get; init; }

    /// <summary>Of confirmation trials.</summary>
    public required int ConfirmedReached { get; init; }

    public required int ConfirmedCensored { get; init; }

    public required int ConfirmedDiverged { get; init; }

    /// <summary>Over confirmation trials.</summary>
    public required Measured StepsToGoal { get; init; }

    public required Measured EpochsToGoal { get; init; }

    public required Measured SamplesToGoal { get; init; }

    /// <summary>Evaluation excluded, each trial alone on the machine.</summary>
    public required Measured SecondsToGoal { get; init; }

    /// <summary>Median over confirmation trials of the noise scale at the goal; null where it is undetermined.</summary>
    public double? NoiseScaleAtGoal { get; init; }

    /// <summary>Lowest validation error that any tuning trial had within the budget of steps.</summary>
    public double? BestErrorWithinSteps { get; init; }

    /// <summary>Lowest validation error that any tuning trial had within the budget of samples.</summary>
    public double? BestErrorWithinSamples { get; init; }

    /// <summary>Of confirmation trials, on the test part: median.</summary>
    public double? TestError { get; init; }
}

/// <summary>The fit S = S_min (1 + B_crit / B) over the confirmed medians, or why there is none.</summary>
/// <param name="MinimumSteps">S_min; null where the fit is refused.</param>
/// <param name="CriticalBatchSize">B_crit, in samples; null where the fit is refused.</param>
/// <param name="MinimumStepsInterval">Bootstrap interval of S_min.</param>
/// <param name="CriticalBatchSizeInterval">Bootstrap interval of B_crit.</param>
/// <param name="Confidence">Of both intervals, 0 to 1.</param>
/// <param name="Residuals">log(measured) − log(fitted) for each batch size that took part.</param>
/// <param name="Refusal">Null where there is a fit.</param>
/// <param name="Remarks">What a reader should know of the fit, in sentences.</param>
public sealed record FitSummary(
    double? MinimumSteps,
    double? CriticalBatchSize,
    (double Lower, double Upper)? MinimumStepsInterval,
    (double Lower, double Upper)? CriticalBatchSizeInterval,
    double Confidence,
    ImmutableSortedDictionary<int, double> Residuals,
    string? Refusal,
    ImmutableArray<string> Remarks)
{
    /// <summary>The bootstrap interval of the fitted steps along the batch sizes; empty where there is no fit.</summary>
    public ImmutableArray<FitBandPoint> Band { get; init; } = [];
}

/// <summary>What the fit says of one batch size: between which numbers of steps.</summary>
public readonly record struct FitBandPoint(double BatchSize, double LowerSteps, double UpperSteps);

/// <summary>Everything that a study of batch sizes has found, for files and reports.</summary>
public sealed record StudyResult
{
    /// <summary>Such as <c>digits, mlp:256,128</c>.</summary>
    public required string Title { get; init; }

    /// <summary>What was set, in the order in which it is shown: name and value.</summary>
    public required ImmutableArray<(string Name, string Value)> Settings { get; init; }

    public required Goal Goal { get; init; }

    /// <summary>Samples of the training part.</summary>
    public required int TrainingSamples { get; init; }

    /// <summary>Machine, processes, threads and engine on which seconds were measured.</summary>
    public required string Placement { get; init; }

    public required ImmutableArray<int> BatchSizes { get; init; }

    public required ImmutableArray<TrialResult> Trials { get; init; }

    public required ImmutableArray<BatchSummary> Batches { get; init; }

    public required FitSummary Fit { get; init; }

    /// <summary>Slope of log(best learning rate) against log(batch size): 1 is the linear rule, 0.5 the square-root rule; null where it is refused.</summary>
    public double? RateExponent { get; init; }

    public (double Lower, double Upper)? RateExponentInterval { get; init; }

    /// <summary>What was found, in sentences with figures and intervals.</summary>
    public required ImmutableArray<string> Findings { get; init; }

    /// <summary>What is not concluded, and why, in sentences.</summary>
    public required ImmutableArray<string> Refusals { get; init; }
}
