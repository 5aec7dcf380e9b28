using DistTrain.Learning;
using DistTrain.Learning.Optimization;
using static DistTrain.Cli.Configuration.ValueReading;

namespace DistTrain.Cli.Configuration;

/// <summary>The keys of checkpoints: when they are taken, and which are kept. None of it changes the weights.</summary>
internal static class CheckpointKeys
{
    private const string Nothing = "none";

    public static IEnumerable<ConfigurationKey> All() =>
    [
        new(KeyGroup.Checkpoints, KeyKind.Switch, "checkpoints", "yes|no", "whether the run writes checkpoints and a journal, and so survives the loss of any process",
            (c, text) => c with { TakesCheckpoints = YesOrNo(text) }, c => c.TakesCheckpoints),
        new(KeyGroup.Checkpoints, KeyKind.Number, "checkpoint-steps", "STEPS", "take one after every so many steps; 0 for not by steps",
            (c, text) => c with { CheckpointSteps = WholeNumber(text, 0) }, c => c.CheckpointSteps),
        new(KeyGroup.Checkpoints, KeyKind.Number, "checkpoint-seconds", "TIME", "take one when the last is so old; 0 for not by time",
            (c, text) => c with { CheckpointSeconds = AtLeastZero(text) }, c => c.CheckpointSeconds),
        new(KeyGroup.Checkpoints, KeyKind.Switch, "checkpoint-epochs", "yes|no", "whether one is taken at the end of an epoch",
            (c, text) => c with { CheckpointEpochs = YesOrNo(text) }, c => c.CheckpointEpochs),
        new(KeyGroup.Checkpoints, KeyKind.Number, "checkpoint-pause-seconds", "TIME", "checkpoint-epochs: not if the last one is younger than this",
            (c, text) => c with { CheckpointPauseSeconds = AtLeastZero(text) }, c => c.CheckpointPauseSeconds),
        new(KeyGroup.Checkpoints, KeyKind.Number, "max-lost-seconds", "TIME", "a crash costs no more training than this, as far as the disk is fast enough; none for no bound",
            (c, text) => c with { MaxLostSeconds = text == Nothing ? null : Number(text, v => v > 0, "above 0") }, c => (object?)c.MaxLostSeconds ?? Nothing),
        new(KeyGroup.Checkpoints, KeyKind.Number, "keep-checkpoints", "COUNT", "the newest so many stay, and older ones are removed",
            (c, text) => c with { KeepCheckpoints = WholeNumber(text, 1) }, c => c.KeepCheckpoints),
        new(KeyGroup.Checkpoints, KeyKind.Text, "keep-best", "METRIC", "the best by this stays too; auto is stop-metric, else validation-loss where there is a validation part; none for no other than the newest",
            (c, text) => c with { KeepBest = TextOrAutomatic(text, t => t == Nothing ? t : Metric(t)) }, c => c.KeepBest),
    ];

    /// <summary>By which the best checkpoint is kept; null for none.</summary>
    /// <param name="configuration">Resolved or not.</param>
    /// <param name="hasValidation">Whether there is a validation part.</param>
    public static MonitoredMetric? BestBy(TrainConfiguration configuration, bool hasValidation) => configuration.KeepBest switch
    {
        Nothing => null,
        { } name => MonitoredMetric.Parse(name),
        null when configuration.StopMetric is { } stops => MonitoredMetric.Parse(stops),
        _ => hasValidation ? MonitoredMetric.Parse("validation-loss") : null,
    };

    private static double AtLeastZero(string text) => Number(text, v => v >= 0, "of at least 0");

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
