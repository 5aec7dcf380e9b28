using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// rate · (f + (1 − f) · (1 − (step − 1) / total)^power) with final fraction f; power 1 is a straight line. By steps over the whole run. PyTorch's PolynomialLR with f = 0; the form with
/// an end rate is that of Liu et al., "ParseNet", 2015, as in TensorFlow's PolynomialDecay.
/// </summary>
public sealed record PolynomialSchedule(double Power, double FinalFraction) : Schedule
{
    public override string Name => "polynomial";

    public override double LearningRate(double baseRate, in TrainingProgress progress)
    {
        var left = 1 - ((double)progress.StepsDone / progress.TotalSteps);
        return baseRate * (FinalFraction + ((1 - FinalFraction) * DeterministicMath.Pow(left, Power)));
    }
}
