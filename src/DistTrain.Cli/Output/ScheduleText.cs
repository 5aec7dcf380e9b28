using DistTrain.Cli.Configuration;

namespace DistTrain.Cli.Output;

/// <summary>What changes over a run, in a few words.</summary>
internal static class ScheduleText
{
    public static string Rate(TrainConfiguration c)
    {
        var schedule = c.Schedule switch
        {
            "step" => $"step: x {Text(c.ScheduleStepFactor)} every {c.ScheduleStepEpochs} epochs",
            "multi-step" => $"multi-step: x {Text(c.ScheduleStepFactor)} after epochs {c.ScheduleMilestones}",
            "exponential" => $"exponential: x {Text(c.ScheduleDecay)} every epoch",
            "polynomial" => $"polynomial of power {Text(c.SchedulePower)} to {Text(c.ScheduleFinalFraction)} of the rate",
            "cosine" => $"cosine to {Text(c.ScheduleFinalFraction)} of the rate",
            "one-cycle" => $"one-cycle from 1/{Text(c.ScheduleCycleStartDivisor)} of the rate, rising for {Text(c.ScheduleCycleRise)} of it",
            "plateau" => $"x {Text(c.PlateauFactor)} at a plateau of {c.PlateauMetric} ({c.PlateauPatience} epochs)",
            _ => c.Schedule,
        };
        var warmUp = c.WarmupSteps > 0 ? $", after a warm-up of {c.WarmupSteps} steps" : c.WarmupEpochs > 0 ? $", after a warm-up of {Text(c.WarmupEpochs)} epochs" : "";
        var scaling = c.ScalingRule == "none" ? "" : $", {c.ScalingRule} scaling from batches of {c.BaseBatchSize}";
        return schedule + warmUp + scaling;
    }

    public static string Batch(TrainConfiguration c) =>
        $"x {Text(c.BatchGrowthFactor)} {(c.BatchSchedule == "step" ? $"every {c.BatchGrowthEpochs} epochs" : $"at a plateau of {c.PlateauMetric}")}"
        + (c.BatchSizeMaximum is { } maximum ? $", up to {maximum}" : "");

    public static string Epochs(TrainConfiguration c) =>
        (c.StopMetric, c.StopGoal, c.MaxSteps) is (null, null, null)
            ? Text(c.Epochs)
            : $"up to {c.Epochs}" + (c.MaxSteps is { } steps ? $" or {steps} steps" : "") + (c.StopGoal is { } goal ? $", until {goal}" : "")
                + (c.StopMetric is { } metric ? $", until {metric} has not improved for {c.StopPatience}" : "");

    private static string Text(object? value) => ConfigurationWriter.ToText(value);
}
