using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Diagnostics;

/// <summary>What the loss curve of an epoch says.</summary>
/// <param name="Epoch">1-based.</param>
/// <param name="TrainLoss">Mean over the epoch's samples at the steps in which they were used.</param>
/// <param name="HeldOutLoss">Of the validation part, else of the test part; null without one.</param>
/// <param name="LearningRate">Of the epoch's last step.</param>
public readonly record struct LossPoint(int Epoch, double TrainLoss, double? HeldOutLoss, double LearningRate);

/// <summary>What somebody with experience would say on seeing the curve.</summary>
public enum AdviceKind
{
    RateTooHigh,
    RateTooLow,
    OverFitting,
    NotLearning,
}

/// <param name="Sentence">The finding, the figures that it rests on, and what to try.</param>
public sealed record Advice(AdviceKind Kind, string Sentence);

/// <summary>
/// Advice from the loss curve: each rule is a pure function that returns its finding with its figures, or nothing. Rules of thumb after Goodfellow, Bengio, Courville, "Deep Learning", 2016,
/// sections 7.8 and 11.4.
/// </summary>
public static class TrainingAdvice
{
    /// <summary>A rise of the training loss from one epoch to the next counts from this share on; smaller ones are the noise of sampling.</summary>
    private const double Rise = 0.05;

    /// <summary>The held-out loss has turned when it ends this share above its least.</summary>
    private const double Turn = 0.05;

    /// <summary>A loss that still falls by this share an epoch over the last quarter has not arrived.</summary>
    private const double StillFalling = 0.02;

    /// <summary>A loss that fell by less than this share over the whole run did not learn.</summary>
    private const double Nothing = 0.01;

    /// <summary>Fewer epochs are no curve.</summary>
    private const int FewestEpochs = 4;

    /// <param name="curve">Epochs in order.</param>
    /// <returns>Findings in the order of their weight; empty when the curve looks as it should, or is too short to tell.</returns>
    public static ImmutableArray<Advice> Of(IReadOnlyList<LossPoint> curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        if (curve.Count < FewestEpochs)
        {
            return [];
        }

        var tooHigh = RateTooHigh(curve);
        var learnsNothing = tooHigh is null ? NotLearning(curve) : null;
        var overFitting = OverFitting(curve);
        var tooLow = tooHigh is null && learnsNothing is null && overFitting is null ? RateTooLow(curve) : null;
        return [.. new[] { tooHigh, learnsNothing, overFitting, tooLow }.OfType<Advice>()];
    }

    private static Advice? RateTooHigh(IReadOnlyList<LossPoint> curve)
    {
        var rises = Enumerable.Range(1, curve.Count - 1).Where(i => curve[i].TrainLoss > curve[i - 1].TrainLoss * (1 + Rise)).ToArray();
        if (rises.Length * 4 < curve.Count)
        {
            return null;
        }

        var worst = rises.MaxBy(i => curve[i].TrainLoss / curve[i - 1].TrainLoss);
        var rate = curve[worst].LearningRate;
        return new Advice(
            AdviceKind.RateTooHigh,
            $"the learning rate is probably too high: the training loss rose by more than {Percent(Rise)} in {rises.Length} of {curve.Count - 1} epochs, most from {Figure(curve[worst - 1].TrainLoss)} to {Figure(curve[worst].TrainLoss)} in epoch {curve[worst].Epoch} at rate {Figure(rate)}; try {Figure(rate / 3)}");
    }

    private static Advice? NotLearning(IReadOnlyList<LossPoint> curve)
    {
        var (first, last) = (curve[0], curve[^1]);
        return last.TrainLoss > first.TrainLoss * (1 - Nothing)
            ? new Advice(
                AdviceKind.NotLearning,
                $"the model hardly learns: the training loss went from {Figure(first.TrainLoss)} in epoch {first.Epoch} to {Figure(last.TrainLoss)} in epoch {last.Epoch}; try a rate ten times higher and ten times lower than {Figure(curve.Max(point => point.LearningRate))}, and look at the inputs' scale and the labels")
            : null;
    }

    private static Advice? OverFitting(IReadOnlyList<LossPoint> curve)
    {
        if (curve.Any(point => point.HeldOutLoss is null))
        {
            return null;
        }

        var best = curve.MinBy(point => point.HeldOutLoss!.Value);
        var last = curve[^1];
        return last.HeldOutLoss > best.HeldOutLoss * (1 + Turn) && last.TrainLoss < best.TrainLoss
            ? new Advice(
                AdviceKind.OverFitting,
                $"over-fitting since epoch {best.Epoch}: the held-out loss rose from {Figure(best.HeldOutLoss!.Value)} to {Figure(last.HeldOutLoss!.Value)} ({Percent((last.HeldOutLoss.Value / best.HeldOutLoss.Value) - 1)} more) while the training loss fell from {Figure(best.TrainLoss)} to {Figure(last.TrainLoss)}; stop there, or add weight decay, dropout or data")
            : null;
    }

    private static Advice? RateTooLow(IReadOnlyList<LossPoint> curve)
    {
        var quarter = Math.Max(1, curve.Count / 4);
        var (from, last) = (curve[^(quarter + 1)], curve[^1]);
        var share = 1 - DeterministicMath.Pow(last.TrainLoss / from.TrainLoss, 1.0 / quarter);
        var heldOutFalls = last.HeldOutLoss is not { } heldOut || heldOut < from.HeldOutLoss;
        var fellEverywhere = Enumerable.Range(1, curve.Count - 1).All(i => curve[i].TrainLoss < curve[i - 1].TrainLoss);
        return share > StillFalling && heldOutFalls && fellEverywhere
            ? new Advice(
                AdviceKind.RateTooLow,
                $"the rate is probably too low, or the run too short: the training loss fell in every epoch and still by {Percent(share)} an epoch over the last {(quarter == 1 ? "one" : $"{quarter}")} (from {Figure(from.TrainLoss)} to {Figure(last.TrainLoss)}); train longer, or try a rate of {Figure(curve.Max(point => point.LearningRate) * 3)}")
            : null;
    }

    private static string Figure(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");
}
