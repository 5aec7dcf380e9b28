namespace DistTrain.Actors;

/// <param name="Next">The step to plan now; null if none may be.</param>
/// <param name="Epoch">What is decided for that step's epoch.</param>
public readonly record struct PlanAheadDecision(PlannedStep? Next, EpochSettings Epoch, string Reason);

/// <summary>How far the plan runs ahead of what is committed.</summary>
public static class PlanAhead
{
    /// <param name="definition">The run.</param>
    /// <param name="epoch">The last epoch for which everything is decided.</param>
    /// <param name="planned">The last planned step.</param>
    /// <param name="committed">The last committed step.</param>
    /// <param name="memberCount">Workers that could be given work.</param>
    /// <param name="epochsReported">Epochs whose evaluation and hash are in.</param>
    /// <param name="isEvaluating">Whether an evaluation is under way.</param>
    /// <param name="withinEpoch">The step within an epoch whose evaluation is awaited; null for none.</param>
    public static PlanAheadDecision Decide(
        RunDefinition definition, EpochSettings epoch, StepNumber planned, StepNumber committed, int memberCount, int epochsReported, bool isEvaluating, StepNumber? withinEpoch = null)
    {
        var isEpochPlanned = planned == epoch.LastStep(definition);
        if (isEpochPlanned && epoch.Epoch == definition.Epochs)
        {
            return new PlanAheadDecision(null, epoch, "every step is planned");
        }

        // It may end the run; and its version is then the newest, which every worker has and whoever joins gets, so that it need not be kept.
        if (withinEpoch is { } evaluated)
        {
            return new PlanAheadDecision(null, epoch, $"the evaluation after step {evaluated} is not over yet");
        }

        if (memberCount == 0)
        {
            return new PlanAheadDecision(null, epoch, "there is no worker to give work to");
        }

        if (definition.WaitsBelowWorkerCount && memberCount < definition.WorkerCount)
        {
            return new PlanAheadDecision(null, epoch, $"{memberCount} of {definition.WorkerCount} workers are there");
        }

        if (planned.Value - committed.Value >= definition.RunAheadSteps)
        {
            return new PlanAheadDecision(null, epoch, $"the plan is {definition.RunAheadSteps} steps ahead of step {committed}");
        }

        if (isEpochPlanned && definition.DecidesAfterEpochs)
        {
            return new PlanAheadDecision(null, epoch, $"what follows epoch {epoch.Epoch} depends on its metrics");
        }

        // An epoch's last version is kept for its evaluation and hash, beside the two that training needs; this bounds what is kept to one.
        var ahead = isEpochPlanned ? epoch.Next(definition) : epoch;
        var next = StepPlan.At(definition, ahead, planned.Next);
        return next.EndsEpoch && (epochsReported < ahead.Epoch - 1 || isEvaluating)
            ? new PlanAheadDecision(null, epoch, $"step {planned.Next} ends epoch {ahead.Epoch}, and the evaluation after epoch {Math.Min(epochsReported + 1, ahead.Epoch - 1)} is not over yet")
            : new PlanAheadDecision(next, ahead, $"step {planned.Next} is next");
    }
}
