using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Studies;

/// <summary>Words of a study's report.</summary>
internal static class StudyText
{
    /// <summary>Such as <c> (95 % interval 150 to 290)</c>.</summary>
    public static string Interval((double Lower, double Upper)? interval, double confidence) =>
        interval is var (lower, upper) ? $" ({NumberText.Figure(confidence * 100)} % interval {NumberText.Figure(lower)} to {NumberText.Figure(upper)})" : "";

    public static string Median(Measured measured) => measured.Median is { } median ? NumberText.Figure(median) : "none";

    public static string Range(Measured measured) => (measured.Lower, measured.Upper) switch
    {
        ({ } lower, { } upper) => $"{NumberText.Figure(lower)} to {NumberText.Figure(upper)}",
        ({ } lower, null) => $"from {NumberText.Figure(lower)}",
        (null, { } upper) => $"up to {NumberText.Figure(upper)}",
        _ => "",
    };

    public static string Status(TrialResult trial) => trial.Status switch
    {
        TrialStatus.Reached => "reached",
        TrialStatus.BudgetExhausted => "budget used up",
        TrialStatus.Diverged => trial.DivergedStep is { } step ? $"diverged at step {NumberText.Whole(step)}" : "diverged",
        TrialStatus.FailedSystem => "system failed",
        _ => "stopped early",
    };

    public static string Trial(TrialResult trial) =>
        $"batch {NumberText.Whole(trial.Request.BatchSize)}, {(trial.Request.Phase == TrialPhase.Tuning ? "tuning" : "confirmation")} trial {trial.Request.Index}, rate {NumberText.Figure(trial.Request.LearningRate)}: "
        + (trial.StepsToGoal is { } steps ? $"reached in {NumberText.Count(steps, "step")}" : $"{Status(trial)}, {NumberText.Count(trial.Steps, "step")}");
}
