using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Diagnostics;

/// <summary>One step of a range test.</summary>
/// <param name="SmoothedLoss">Debiased exponential mean of the mini-batches' losses up to this step.</param>
public readonly record struct RatePoint(double LearningRate, double Loss, double SmoothedLoss);

/// <summary>
/// A learning-rate range test: the rate grows exponentially from step to step while the loss is watched. L. N. Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3; the
/// exponential growth, the smoothing and the rule "a tenth of the rate at the least loss" after S. Gugger, "How do you find a good learning rate", 2018.
/// </summary>
public sealed class RateRange
{
    private const double Smoothing = 0.9;

    /// <summary>The test ends when the smoothed loss is this many times its least: what follows is divergence.</summary>
    private const double Divergence = 3;

    private readonly List<RatePoint> points = [];
    private readonly double lowest;
    private readonly double highest;
    private readonly int steps;
    private double mean;
    private double weight;

    /// <param name="lowest">Rate of the first step, above 0.</param>
    /// <param name="highest">Rate of the last step, above <paramref name="lowest"/>.</param>
    /// <param name="steps">At least 2.</param>
    public RateRange(double lowest, double highest, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lowest);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(highest, lowest);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 2);
        this.lowest = lowest;
        this.highest = highest;
        this.steps = steps;
    }

    public ImmutableArray<RatePoint> Points => [.. points];

    /// <summary>Whether all steps are done, or the loss has run away.</summary>
    public bool IsComplete => points.Count == steps || points is [.., var last] && !(last.SmoothedLoss <= points.Min(point => point.SmoothedLoss) * Divergence);

    /// <summary>The rate of the next step.</summary>
    public double NextRate => lowest * DeterministicMath.Pow(highest / lowest, (double)points.Count / (steps - 1));

    /// <summary>Notes the mini-batch's loss at <see cref="NextRate"/>.</summary>
    public void Add(double loss)
    {
        var rate = NextRate;
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
