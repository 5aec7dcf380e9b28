namespace DistTrain.Study;

/// <summary>How a trial ended: in exactly one of these ways.</summary>
public enum TrialStatus
{
    /// <summary>The goal was met at an evaluation.</summary>
    Reached,

    /// <summary>The budget of steps or samples was used up before the goal was met: the steps to the goal are more than those that were made (censored).</summary>
    BudgetExhausted,

    /// <summary>Loss or weights were no longer finite. Data, like any other result.</summary>
    Diverged,

    /// <summary>Something other than the training failed; the trial is run again, and never counts as a divergence.</summary>
    FailedSystem,

    /// <summary>Given up because others did better.</summary>
    StoppedEarly,
}
