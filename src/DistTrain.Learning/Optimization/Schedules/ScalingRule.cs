using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Learning.Optimization;

/// <summary>How the rate follows from the batch size.</summary>
public enum RateScaling
{
    None,

    /// <summary>rate · B / B₀. Goyal et al., "Accurate, Large Minibatch SGD", 2017.</summary>
    Linear,

    /// <summary>rate · √(B / B₀), which keeps the variance of an update. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, section 5.</summary>
    SquareRoot,
}

/// <summary>Scales the rate from the batch size for which it was chosen to the one that is used.</summary>
/// <param name="BaseBatchSize">B₀, at least 1.</param>
/// <param name="FollowsGrowth">Whether the rate is also scaled when a <see cref="BatchSchedule"/> makes the batch grow; otherwise by its first size only.</param>
public sealed record ScalingRule(RateScaling Scaling, int BaseBatchSize, bool FollowsGrowth)
{
    public static ImmutableArray<string> Names { get; } = ["none", "linear", "square-root"];

    public static ScalingRule None { get; } = new(RateScaling.None, 1, false);

    /// <exception cref="InvalidInputException">The name is unknown.</exception>
    public static RateScaling ScalingOf(string name) => name switch
    {
        "none" => RateScaling.None,
        "linear" => RateScaling.Linear,
        "square-root" => RateScaling.SquareRoot,
        _ => throw new InvalidInputException($"unknown scaling rule '{name}': the scaling rules are {string.Join(", ", Names)}"),
    };

    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        if (BaseBatchSize < 1)
        {
            throw new InvalidInputException($"the batch size from which the rate is scaled must be at least 1, but is {BaseBatchSize}");
        }
    }

    /// <summary>What the rate is multiplied by.</summary>
    /// <param name="firstBatchSize">B of the first epoch.</param>
    /// <param name="batchSize">B of the epoch in question.</param>
    public double Factor(int firstBatchSize, int batchSize)
    {
        var ratio = (double)(FollowsGrowth ? batchSize : firstBatchSize) / BaseBatchSize;
        return Scaling switch
        {
            RateScaling.Linear => ratio,
            RateScaling.SquareRoot => Math.Sqrt(ratio),
            _ => 1,
        };
    }

    /// <summary>What the rule does to a rate, in words; null where it does nothing.</summary>
    public string? Describe(double rate, int firstBatchSize, int batchSize)
    {
        if (Scaling == RateScaling.None)
        {
            return null;
        }

        var factor = Factor(firstBatchSize, batchSize);
        var rule = Scaling == RateScaling.Linear ? "linear scaling (Goyal et al. 2017)" : "square-root scaling (Krizhevsky 2014)";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the learning rate is {rate:G4} x {factor:G4} = {rate * factor:G4} by {rule} from batches of {BaseBatchSize} to {(FollowsGrowth ? batchSize : firstBatchSize)} samples");
    }
}
