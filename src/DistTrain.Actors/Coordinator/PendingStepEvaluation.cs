using DistTrain.Learning.Diagnostics;

namespace DistTrain.Actors;

/// <summary>A step within an epoch whose weights are evaluated: nothing is planned beyond it until it is committed and the evaluation is in.</summary>
/// <param name="Step">The step.</param>
internal sealed record PendingStepEvaluation(PlannedStep Step)
{
    public StepNumber Number => Step.MiniBatch.Step;

    public EvaluationSummary? Found { get; init; }

    /// <summary>What was trained when the step was committed.</summary>
    public (long Samples, double MeanLoss, double Seconds, NoiseAverage Noise)? Trained { get; init; }
}
