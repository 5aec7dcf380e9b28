using DistTrain.Learning;
using DistTrain.Learning.Optimization;
using DistTrain.Study.Experiments;
using static DistTrain.Cli.Configuration.ValueReading;

namespace DistTrain.Cli.Configuration;

/// <summary>The keys of everything that changes over a run: schedules of rate and batch size, and when to stop.</summary>
internal static class ScheduleKeys
{
    private const string NoMetric = "none";

    public static IEnumerable<ConfigurationKey> Rate() =>
    [
        new(KeyGroup.Schedule, KeyKind.Text, "schedule", "NAME", "constant, step, multi-step, exponential, polynomial, cosine, one-cycle or plateau",
            (c, text) => c with { Schedule = OneOf(text, Schedule.Names) }, c => c.Schedule),
        Whole("schedule-step-epochs", "EPOCHS", "step: epochs between two drops", 1, (c, v) => c with { ScheduleStepEpochs = v }, c => c.ScheduleStepEpochs),
        Real("schedule-step-factor", "FACTOR", "step, multi-step: what the rate is multiplied by at a drop", v => v is > 0 and <= 1, "above 0 and at most 1",
            (c, v) => c with { ScheduleStepFactor = v }, c => c.ScheduleStepFactor),
        new(KeyGroup.Schedule, KeyKind.Text, "schedule-milestones", "EPOCHS", "multi-step: the epochs after which the rate drops, such as 30,60,80",
            (c, text) => c with { ScheduleMilestones = TextOrAutomatic(text, Milestones) }, c => c.ScheduleMilestones),
        Real("schedule-decay", "FACTOR", "exponential: what the rate is multiplied by after each epoch", v => v is > 0 and <= 1, "above 0 and at most 1",
            (c, v) => c with { ScheduleDecay = v }, c => c.ScheduleDecay),
        Real("schedule-power", "EXPONENT", "polynomial: 1 is a straight line, 2 a parabola", v => v > 0, "above 0", (c, v) => c with { SchedulePower = v }, c => c.SchedulePower),
        Real("schedule-final-fraction", "SHARE", "polynomial, cosine: share of the rate that is left at the end", v => v is >= 0 and <= 1, "from 0 to 1",
            (c, v) => c with { ScheduleFinalFraction = v }, c => c.ScheduleFinalFraction),
        new(KeyGroup.Schedule, KeyKind.Number, "schedule-cycle-epochs", "EPOCHS", "one-cycle: its length; auto is the whole run",
            (c, text) => c with { ScheduleCycleEpochs = OrAutomatic(text, t => WholeNumber(t, 1)) }, c => c.ScheduleCycleEpochs),
        Real("schedule-cycle-rise", "SHARE", "one-cycle: share of the cycle in which the rate rises", v => v is > 0 and < 1, "above 0 and below 1",
            (c, v) => c with { ScheduleCycleRise = v }, c => c.ScheduleCycleRise),
        Real("schedule-cycle-start-divisor", "DIVISOR", "one-cycle: the first rate is the rate divided by this", v => v >= 1, "of at least 1",
            (c, v) => c with { ScheduleCycleStartDivisor = v }, c => c.ScheduleCycleStartDivisor),
        Real("schedule-cycle-final-divisor", "DIVISOR", "one-cycle: the last rate is the first one divided by this", v => v >= 1, "of at least 1",
            (c, v) => c with { ScheduleCycleFinalDivisor = v }, c => c.ScheduleCycleFinalDivisor),
        new(KeyGroup.Schedule, KeyKind.Number, "warmup-steps", "STEPS", "steps in which the rate rises to what the schedule says; 0 for none",
            (c, text) => c with { WarmupSteps = WholeNumber(text, 0L) }, c => c.WarmupSteps),
        Real("warmup-epochs", "EPOCHS", "the same in epochs, which need not be whole", v => v >= 0, "of at least 0", (c, v) => c with { WarmupEpochs = v }, c => c.WarmupEpochs),
        Real("warmup-start", "SHARE", "share of the rate at the warm-up's first step", v => v is >= 0 and <= 1, "from 0 to 1", (c, v) => c with { WarmupStart = v }, c => c.WarmupStart),
    ];

    public static IEnumerable<ConfigurationKey> Plateau() =>
    [
        new(KeyGroup.Schedule, KeyKind.Text, "plateau-metric", "METRIC", "plateau: what no longer gets better, such as validation-loss or train-loss",
            (c, text) => c with { PlateauMetric = Metric(text) }, c => c.PlateauMetric),
        Real("plateau-factor", "FACTOR", "plateau: what the rate is multiplied by", v => v is > 0 and < 1, "above 0 and below 1", (c, v) => c with { PlateauFactor = v }, c => c.PlateauFactor),
        Whole("plateau-patience", "EPOCHS", "plateau: epochs without improvement that are borne", 0, (c, v) => c with { PlateauPatience = v }, c => c.PlateauPatience),
        Real("plateau-threshold", "SHARE", "plateau: an improvement is one by more than this share of the best", v => v is >= 0 and < 1, "from 0 to below 1",
            (c, v) => c with { PlateauThreshold = v }, c => c.PlateauThreshold),
        Whole("plateau-cooldown", "EPOCHS", "plateau: epochs after a change that do not count", 0, (c, v) => c with { PlateauCooldown = v }, c => c.PlateauCooldown),
        Real("plateau-minimum-rate", "RATE", "plateau: the rate falls no lower", v => v >= 0, "of at least 0", (c, v) => c with { PlateauMinimumRate = v }, c => c.PlateauMinimumRate),
    ];

    public static IEnumerable<ConfigurationKey> Batch() =>
    [
        new(KeyGroup.Schedule, KeyKind.Text, "batch-schedule", "NAME", "constant, step or plateau: when the batch grows",
            (c, text) => c with { BatchSchedule = OneOf(text, BatchSchedule.Names) }, c => c.BatchSchedule),
        Whole("batch-growth-epochs", "EPOCHS", "batch-schedule step: epochs from one growth to the next", 1, (c, v) => c with { BatchGrowthEpochs = v }, c => c.BatchGrowthEpochs),
        Real("batch-growth-factor", "FACTOR", "what the batch size is multiplied by", v => v > 1, "above 1", (c, v) => c with { BatchGrowthFactor = v }, c => c.BatchGrowthFactor),
        new(KeyGroup.Schedule, KeyKind.Number, "batch-size-maximum", "SAMPLES", "the batch grows no further; auto is all training samples",
            (c, text) => c with { BatchSizeMaximum = OrAutomatic(text, t => WholeNumber(t, 1)) }, c => c.BatchSizeMaximum),
        new(KeyGroup.Schedule, KeyKind.Text, "scaling-rule", "NAME", "none, linear or square-root: how the rate follows from the batch size",
            (c, text) => c with { ScalingRule = OneOf(text, ScalingRule.Names) }, c => c.ScalingRule),
        Whole("base-batch-size", "SAMPLES", "scaling-rule: the batch size for which the rate was chosen", 1, (c, v) => c with { BaseBatchSize = v }, c => c.BaseBatchSize),
        new(KeyGroup.Schedule, KeyKind.Switch, "scaling-follows-growth", "yes|no", "scaling-rule: whether the rate is also scaled when the batch grows",
            (c, text) => c with { ScalingFollowsGrowth = YesOrNo(text) }, c => c.ScalingFollowsGrowth),
    ];

    public static IEnumerable<ConfigurationKey> Stopping() =>
    [
        new(KeyGroup.Stopping, KeyKind.Text, "stop-metric", "METRIC", "ends the run when this no longer gets better, such as validation-loss; none takes all epochs",
            (c, text) => c with { StopMetric = text == NoMetric ? null : Metric(text) }, c => c.StopMetric ?? NoMetric),
        new(KeyGroup.Stopping, KeyKind.Number, "stop-patience", "EPOCHS", "epochs without improvement after which the run ends",
            (c, text) => c with { StopPatience = WholeNumber(text, 1) }, c => c.StopPatience),
        new(KeyGroup.Stopping, KeyKind.Number, "stop-min-delta", "VALUE", "an improvement is one by more than this",
            (c, text) => c with { StopMinDelta = Number(text, v => v >= 0, "of at least 0") }, c => c.StopMinDelta),
        new(KeyGroup.Stopping, KeyKind.Switch, "stop-restore-best", "yes|no", "whether the run leaves the weights of its best epoch instead of its last",
            (c, text) => c with { StopRestoreBest = YesOrNo(text) }, c => c.StopRestoreBest),
        new(KeyGroup.Stopping, KeyKind.Number, "evaluate-steps", "STEPS", "also evaluates within epochs, every so many steps; 0 for the ends of epochs only",
            (c, text) => c with { EvaluateSteps = WholeNumber(text, 0L) }, c => c.EvaluateSteps),
        new(KeyGroup.Stopping, KeyKind.Number, "evaluate-growth", "SHARE", "evaluate-steps: the distance grows to this share of the step",
            (c, text) => c with { EvaluateGrowth = Number(text, v => v is >= 0 and < 1, "from 0 to below 1") }, c => c.EvaluateGrowth),
        new(KeyGroup.Stopping, KeyKind.Number, "max-steps", "STEPS", "the run ends after so many steps, with an evaluation; auto takes all epochs",
            (c, text) => c with { MaxSteps = OrAutomatic(text, t => WholeNumber(t, 1L)) }, c => c.MaxSteps),
        new(KeyGroup.Stopping, KeyKind.Text, "stop-goal", "GOAL", "the run ends at the first evaluation that meets it, such as 'validation error < 0.02'; none for no goal",
            (c, text) => c with { StopGoal = text == NoMetric ? null : GoalText(text) }, c => c.StopGoal ?? NoMetric),
        new(KeyGroup.Stopping, KeyKind.Number, "top-k", "K", "evaluations also say how often the label is among the k largest outputs",
            (c, text) => c with { TopK = WholeNumber(text, 1) }, c => c.TopK),
        new(KeyGroup.Stopping, KeyKind.Switch, "noise-scale", "yes|no", "whether the run estimates its gradient noise scale, a guess at the batch size beyond which larger ones gain little",
            (c, text) => c with { MeasuresNoise = YesOrNo(text) }, c => c.MeasuresNoise),
        new(KeyGroup.Stopping, KeyKind.Number, "noise-interval", "STEPS", "noise-scale: steps from one that is measured to the next",
            (c, text) => c with { NoiseIntervalSteps = WholeNumber(text, 1) }, c => c.NoiseIntervalSteps),
    ];

    private static ConfigurationKey Whole(
        string name, string valueName, string description, int minimum, Func<TrainConfiguration, int, TrainConfiguration> with, Func<TrainConfiguration, object?> get) =>
        new(KeyGroup.Schedule, KeyKind.Number, name, valueName, description, (c, text) => with(c, WholeNumber(text, minimum)), get);

    private static ConfigurationKey Real(
        string name,
        string valueName,
        string description,
        Func<double, bool> suits,
        string range,
        Func<TrainConfiguration, double, TrainConfiguration> with,
        Func<TrainConfiguration, object?> get) =>
        new(KeyGroup.Schedule, KeyKind.Number, name, valueName, description, (c, text) => with(c, Number(text, suits, range)), get);

    private static string Milestones(string text)
    {
        RisingNumbers(text);
        return text;
    }

    private static string GoalText(string text)
    {
        try
        {
            return Goal.Parse(text).ToString();
        }
        catch (InvalidInputException refusal)
        {
            throw new InvalidValueException($"is not usable: {refusal.Message}");
        }
    }

    private static string Metric(string text)
    {
        try
        {
            return MonitoredMetric.Parse(text).Name;
        }
        catch (InvalidInputException refusal)
        {
            throw new InvalidValueException($"is not usable: {refusal.Message}");
        }
    }
}
