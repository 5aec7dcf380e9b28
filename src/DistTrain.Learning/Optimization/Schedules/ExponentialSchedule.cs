using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>rate · factor^(epoch − 1). PyTorch's ExponentialLR.</summary>
public sealed record ExponentialSchedule(double Factor) : Schedule
{
    public override string Name => "exponential";

    public override double LearningRate(double baseRate, in TrainingProgress progress) => baseRate * DeterministicMath.IntegerPower(Factor, progress.EpochsDone);
}
