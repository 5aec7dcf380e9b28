using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// lowest · (highest / lowest)^((step − 1) / (steps − 1)), whatever the base rate: the growing rate of a range test. L. N. Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3,
/// with exponential growth.
/// </summary>
/// <param name="Lowest">Rate of the first step, above 0.</param>
/// <param name="Highest">Rate of the last step.</param>
/// <param name="Steps">At least 2.</param>
public sealed record RangeTestSchedule(double Lowest, double Highest, int Steps) : Schedule
{
    public override string Name => "range-test";

    public override double LearningRate(double baseRate, in TrainingProgress progress) => Rate(progress.Step);

    /// <param name="step">1-based.</param>
    public double Rate(long step) => Lowest * DeterministicMath.Pow(Highest / Lowest, (step - 1) / (double)(Steps - 1));
}
