namespace DistTrain.Actors;

/// <param name="Next">The step to plan now; null if none may be.</param>
public readonly record struct PlanAheadDecision(PlannedStep? Next, string Reason);

/// <summary>How far the plan runs ahead of what is committed.</summary>
public static class PlanAhead
{
    /// <param name="definition">The run.</param>
    /// <param name="planned">The last planned step.</param>
    /// <param name="committed">The last committed step.</param>
    /// <param name="memberCount">Workers that could be given work.</param>
    /// <param name="epochsReported">Epochs whose evaluation and hash are in.</param>
    public static PlanAheadDecision Decide(RunDefinition definition, StepNumber planned, StepNumber committed, int memberCount, int epochsReported)
    {
        if (planned.Value >= StepPlan.TotalSteps(definition))
        {
            return new PlanAheadDecision(null, "every step is planned");
        }

        if (memberCount == 0)
        {
            return new PlanAheadDecision(null, "there is no worker to give work to");
        }

        if (planned.Value - committed.Value >= definition.RunAheadSteps)
        {
            return new PlanAheadDecision(null, $"the plan is {definition.RunAheadSteps} steps ahead of step {committed}");
        }

        // An epoch's last version is kept for its evaluation and hash, beside the two that training needs; this bounds what is kept to one.
        var next = StepPlan.At(definition, planned.Next);
        return next.EndsEpoch && epochsReported < next.MiniBatch.Epoch - 1
            ? new PlanAheadDecision(null, $"step {planned.Next} ends epoch {next.MiniBatch.Epoch}, and epoch {epochsReported + 1} is not evaluated yet")
            : new PlanAheadDecision(next, $"step {planned.Next} is next");
    }
}
