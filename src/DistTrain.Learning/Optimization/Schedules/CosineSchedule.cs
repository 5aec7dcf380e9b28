using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>rate · (f + (1 − f) · (1 + cos(π (step − 1) / total)) / 2) with final fraction f. Loshchilov and Hutter, "SGDR", 2017, eq. 5, one cycle, by steps.</summary>
public sealed record CosineSchedule(double FinalFraction) : Schedule
{
    public override string Name => "cosine";

    public override double LearningRate(double baseRate, in TrainingProgress progress)
    {
        var cosine = DeterministicMath.Cos(Math.PI * ((double)progress.StepsDone / progress.TotalSteps));
        return baseRate * (FinalFraction + ((1 - FinalFraction) * ((1 + cosine) / 2)));
    }
}
