using System.Globalization;

namespace DistTrain.Actors;

/// <param name="Takes">Whether a checkpoint is taken after the step.</param>
public readonly record struct CheckpointDecision(bool Takes, string Reason);

/// <summary>What is known of the checkpoint before this one when the next is decided upon.</summary>
/// <param name="Step">After which the last one was taken, or planned; 0 for none.</param>
/// <param name="AgeSeconds">Since it was planned, or since the training began or went on.</param>
/// <param name="IsUnderWay">Whether it does not exist yet.</param>
public readonly record struct LastCheckpoint(StepNumber Step, double AgeSeconds, bool IsUnderWay);

/// <summary>Is a checkpoint taken after this step? The time decides what a crash costs, never the bits.</summary>
public static class CheckpointRule
{
    /// <summary>
    /// A crash costs what was trained since the last checkpoint that exists was taken: at most the time from one to the next and the time to write it. Half of the bound goes to each.
    /// </summary>
    private const double ShareBetweenCheckpoints = 0.5;

    public static CheckpointDecision Decide(CheckpointPolicy? policy, PlannedStep step, LastCheckpoint last)
    {
        if (policy is null)
        {
            return new CheckpointDecision(false, "the run takes none");
        }

        if (last.IsUnderWay)
        {
            return new CheckpointDecision(false, $"the one after step {last.Step} is under way");
        }

        if (policy.EverySteps is { } steps && step.MiniBatch.Step.Value % steps == 0)
        {
            return new CheckpointDecision(true, $"one is due every {steps} steps");
        }

        if (policy.AtEpochEnds && step.EndsEpoch && last.AgeSeconds >= policy.SecondsBetweenEpochs)
        {
            return new CheckpointDecision(true, $"epoch {step.MiniBatch.Epoch} ends");
        }

        var seconds = LongestSeconds(policy);
        return last.AgeSeconds >= seconds
            ? new CheckpointDecision(true, string.Create(CultureInfo.InvariantCulture, $"the last one is {last.AgeSeconds:F1} s old, and {seconds:G4} s are the most"))
            : new CheckpointDecision(false, "none is due");
    }

    /// <summary>How old the last checkpoint may grow; infinity where the time decides nothing.</summary>
    public static double LongestSeconds(CheckpointPolicy policy)
    {
        var seconds = policy?.EverySeconds ?? double.PositiveInfinity;
        return policy?.MaximumLostSeconds is { } most ? Math.Min(seconds, most * ShareBetweenCheckpoints) : seconds;
    }

    /// <summary>Null if what the policy bounds can be kept, otherwise why not.</summary>
    /// <param name="policy">The run's.</param>
    /// <param name="writingSeconds">That the last one took, from its first byte until it existed.</param>
    public static string? ReasonNotToKeepTheBound(CheckpointPolicy policy, double writingSeconds) =>
        policy?.MaximumLostSeconds is { } most && writingSeconds > most * (1 - ShareBetweenCheckpoints)
            ? string.Create(CultureInfo.InvariantCulture, $"a checkpoint takes {writingSeconds:F1} s to write, so a crash may cost more than the {most:G4} s of max-lost-seconds")
            : null;
}
