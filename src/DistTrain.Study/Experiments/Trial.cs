using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;

namespace DistTrain.Study.Experiments;

/// <summary>What a trial is for.</summary>
public enum TrialPhase
{
    /// <summary>One of many settings, to find the best.</summary>
    Tuning,

    /// <summary>The best setting once more, from another seed.</summary>
    Confirmation,
}

/// <summary>One training of a study or a search: the settings that differ between trials, and what belongs to them all.</summary>
/// <param name="Phase">What it is for.</param>
/// <param name="Index">From 0, within its batch size and phase.</param>
/// <param name="BatchSize">Samples of a mini-batch.</param>
/// <param name="Seed">Of split, initial weights and order of samples.</param>
/// <param name="Settings">The other keys that are set, by the name of a configuration key, with their values as text.</param>
/// <param name="BudgetSteps">No step is made beyond it, at least 1.</param>
public sealed record TrialRequest(TrialPhase Phase, int Index, int BatchSize, ulong Seed, ImmutableSortedDictionary<string, string> Settings, long BudgetSteps)
{
    public const string LearningRateKey = "learning-rate";

    /// <summary>0 for a trial of the first range of learning rates; one more for each time that it was widened.</summary>
    public int Round { get; init; }

    /// <summary>
    /// The step, at most <see cref="BudgetSteps"/>, after which the trial is given up, because others have done so much better that it cannot be the best any more; null for one that uses its
    /// whole budget.
    /// </summary>
    public long? GivesUpAfterSteps { get; init; }

    /// <summary>The last step that it may make.</summary>
    [JsonIgnore]
    public long LastStep => GivesUpAfterSteps is { } earlier ? Math.Min(earlier, BudgetSteps) : BudgetSteps;

    /// <summary>The learning rate among the settings; 0 where it is not among them.</summary>
    [JsonIgnore]
    public double LearningRate => Settings.TryGetValue(LearningRateKey, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : 0;
}

/// <summary>The model after a step, as an evaluation found it.</summary>
/// <param name="Step">After which.</param>
/// <param name="Samples">Trained with so far, repetitions counted.</param>
/// <param name="TrainSeconds">Of training so far, evaluation excluded.</param>
/// <param name="EvaluationSeconds">Of evaluation so far.</param>
/// <param name="TrainLoss">Mean over the samples since the evaluation before; null where it is not known.</param>
/// <param name="ValidationLoss">Mean over the validation samples.</param>
/// <param name="ValidationError">Share of validation labels that were missed, 0 to 1; null without classes.</param>
public sealed record CurvePoint(long Step, long Samples, double TrainSeconds, double EvaluationSeconds, double? TrainLoss, double ValidationLoss, double? ValidationError);

/// <summary>An estimate of the gradient's noise after a step (McCandlish et al. 2018, appendix A).</summary>
/// <param name="Step">After which.</param>
/// <param name="GradientSquaredNorm">Of |G|², smoothed; may be negative, because it is an unbiased estimate.</param>
/// <param name="GradientVariance">Of tr Σ, for one sample, smoothed.</param>
/// <param name="NoiseScale">tr Σ / |G|², in samples; null where it is undetermined.</param>
public sealed record NoisePoint(long Step, double GradientSquaredNorm, double GradientVariance, double? NoiseScale);

/// <summary>What a trial gave.</summary>
public sealed record TrialResult
{
    /// <summary>Of the configuration, the data and the arithmetic: two trials with the same key are the same trial.</summary>
    public required string Key { get; init; }

    public required TrialRequest Request { get; init; }

    public required TrialStatus Status { get; init; }

    /// <summary>That were made.</summary>
    public required long Steps { get; init; }

    /// <summary>Samples trained with, repetitions counted.</summary>
    public required long Samples { get; init; }

    /// <summary>Passes over the training part.</summary>
    public required double Epochs { get; init; }

    /// <summary>The first evaluated step at which the goal was met; null where it was not.</summary>
    public long? StepsToGoal { get; init; }

    /// <summary>The evaluated step before it, at which the goal was not met yet: the steps truly needed lie between; 0 where there is none before it.</summary>
    public long? PreviousEvaluation { get; init; }

    /// <summary>Evaluation excluded.</summary>
    public required double TrainSeconds { get; init; }

    public required double EvaluationSeconds { get; init; }

    /// <summary>The step that could not be made any more; null for a trial that did not diverge.</summary>
    public long? DivergedStep { get; init; }

    /// <summary>What failed, or diverged, in one sentence; null where nothing did.</summary>
    public string? Explanation { get; init; }

    /// <summary>Every evaluation, in order of steps.</summary>
    public ImmutableArray<CurvePoint> Curve { get; init; } = [];

    /// <summary>In order of steps; empty where noise was not measured.</summary>
    public ImmutableArray<NoisePoint> Noise { get; init; } = [];

    /// <summary>Of the weights that the trial ended with; null where it was not measured, or means nothing.</summary>
    public double? TestError { get; init; }

    /// <summary>Likewise.</summary>
    public double? TestLoss { get; init; }

    /// <summary>Of the weights that the trial ended with; null for a trial that diverged or failed.</summary>
    public string? WeightsHash { get; init; }

    /// <summary>The evaluation at which the goal was met; null where it was not.</summary>
    [JsonIgnore]
    public CurvePoint? AtGoal => StepsToGoal is { } step ? Curve.FirstOrDefault(point => point.Step == step) : null;

    /// <summary>Null without classes, or before the first evaluation.</summary>
    [JsonIgnore]
    public double? BestValidationError => Curve.Select(point => point.ValidationError).Min();

    /// <summary>Likewise.</summary>
    [JsonIgnore]
    public double? FinalValidationError => Curve.IsEmpty ? null : Curve[^1].ValidationError;
}

/// <summary>Runs trials. The program behind it decides where: on a thread of this process, or on many machines.</summary>
public interface ITrialRunner
{
    /// <summary>A text that changes whenever anything changes that could show in a trial's result: configuration, data, arithmetic, evaluation points, goal.</summary>
    /// <exception cref="Learning.InvalidInputException">The trial is not possible; one sentence says why.</exception>
    string KeyOf(TrialRequest request);

    /// <summary>Runs a trial to its end. Called on several threads at once.</summary>
    /// <param name="request">What to train.</param>
    /// <param name="cancellation">Ends it at once.</param>
    /// <returns>Whatever became of the training; what fails beside it is <see cref="TrialStatus.FailedSystem"/>.</returns>
    /// <exception cref="OperationCanceledException">It was ended; there is no result.</exception>
    TrialResult Run(TrialRequest request, CancellationToken cancellation);
}
