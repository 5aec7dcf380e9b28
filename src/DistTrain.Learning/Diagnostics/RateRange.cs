using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Diagnostics;

/// <summary>One step of a range test.</summary>
/// <param name="SmoothedLoss">Debiased exponential mean of the mini-batches' losses up to this step.</param>
public readonly record struct RatePoint(double LearningRate, double Loss, double SmoothedLoss);

/// <summary>
/// A learning-rate range test: the rate grows exponentially from step to step while the loss is watched. L. N. Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3; the
/// smoothing and the rule "a tenth of the rate at the least loss" after S. Gugger, "How do you find a good learning rate", 2018.
/// </summary>
public sealed class RateRange(RangeTestSchedule schedule)
{
    private const double Smoothing = 0.9;

    /// <summary>The test ends when the smoothed loss is this many times its least: what follows is divergence.</summary>
    private const double Divergence = 3;

    private readonly List<RatePoint> points = [];
    private double mean;
    private double weight;

    public ImmutableArray<RatePoint> Points => [.. points];

    /// <summary>Whether all steps are done, or the loss has run away.</summary>
    public bool IsComplete => points.Count == schedule.Steps || points is [.., var last] && !(last.SmoothedLoss <= points.Min(point => point.SmoothedLoss) * Divergence);

    /// <summary>Notes the next step's loss; what comes after the end is left out.</summary>
    public void Add(double loss)
    {
        if (IsComplete)
        {
            return;
        }

        var rate = schedule.Rate(points.Count + 1);
        mean = (Smoothing * mean) + ((1 - Smoothing) * loss);
        weight = (Smoothing * weight) + (1 - Smoothing);
        points.Add(new RatePoint(rate, loss, mean / weight));
    }

    /// <summary>
    /// A tenth of the rate at which the smoothed loss was least; null when the loss never fell below its beginning by more than a hundredth, so that there is nothing to choose from.
    /// </summary>
    public double? Suggestion
    {
        get
        {
            var finite = points.Where(point => double.IsFinite(point.SmoothedLoss)).ToArray();
            if (finite.Length < 2)
            {
                return null;
            }

            var least = finite.MinBy(point => point.SmoothedLoss);
            return least.SmoothedLoss < finite[0].SmoothedLoss * 0.99 ? RoundedToTwoFigures(least.LearningRate / 10) : null;
        }
    }

    /// <summary>A rate is a rough thing: two figures, the same on every machine.</summary>
    private static double RoundedToTwoFigures(double value) => double.Parse(value.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
