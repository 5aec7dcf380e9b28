using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>rate · factor^⌊(epoch − 1) / epochs⌋. PyTorch's StepLR.</summary>
public sealed record StepSchedule(int Epochs, double Factor) : Schedule
{
    public override string Name => "step";

    public override double LearningRate(double baseRate, in TrainingProgress progress) => baseRate * DeterministicMath.IntegerPower(Factor, progress.EpochsDone / Epochs);
}
