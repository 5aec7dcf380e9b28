using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Optimization;

/// <summary>
/// One rise from rate / start divisor to the rate and one fall to rate / (start divisor · final divisor), both along half a cosine, by steps. Smith and Topin, "Super-Convergence", 2018, in the
/// form of PyTorch's OneCycleLR with cosine annealing and two phases; the momentum stays as it is. Past the cycle's end the rate stays at its lowest.
/// </summary>
/// <param name="Epochs">Length of the cycle; null for the whole run.</param>
/// <param name="Rise">Share of the cycle in which the rate rises.</param>
public sealed record OneCycleSchedule(int? Epochs, double Rise, double StartDivisor, double FinalDivisor) : Schedule
{
    public override string Name => "one-cycle";

    public override double LearningRate(double baseRate, in TrainingProgress progress)
    {
        var first = baseRate / StartDivisor;
        var last = first / FinalDivisor;
        var steps = (double)(Epochs ?? progress.Epochs) * progress.StepsOfEpoch;
        var top = (Rise * steps) - 1;
        var done = progress.StepsDone;
        if (done <= top)
        {
            // A cycle so short that the rise is a single step begins at the top.
            return top > 0 ? Between(first, baseRate, done / top) : baseRate;
        }

        var fall = steps - 1 - top;
        return Between(baseRate, last, Math.Min(1, (done - top) / fall));
    }

    public override void Check(int epochs, long totalSteps)
    {
        if (Epochs > epochs)
        {
            throw new InvalidInputException($"the one-cycle schedule is {Epochs} epochs long, but the run has {epochs} epochs: its end would never come");
        }
    }

    /// <summary>From <paramref name="start"/> at 0 to <paramref name="end"/> at 1 along half a cosine.</summary>
    private static double Between(double start, double end, double position) => end + ((start - end) / 2 * (1 + DeterministicMath.Cos(Math.PI * position)));
}
