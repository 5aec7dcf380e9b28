using DistTrain.Actors;
using DistTrain.Learning;

namespace DistTrain.Runtime;

/// <summary>From what the actors announce to what a program is told: indices become names, ids become numbers.</summary>
public static class TrainingEvents
{
    public static TrainingEvent Translate(Announcement announcement) => announcement switch
    {
        ProgressAnnounced p => new TrainingProgressed(
            p.Epoch, p.Step.Value, p.TotalSteps, p.SamplesDone, p.SamplesTotal, p.MeanLoss, p.Accuracy, p.SamplesPerSecond),
        EpochAnnounced epoch => new EpochEnded(epoch.Report),
        NoticeAnnounced notice => new Noticed(notice.Sentence),
        _ => throw new InvalidOperationException($"no event is known for {announcement?.GetType().Name}"),
    };

    /// <param name="weights">The flat weights of the version with which the run ended.</param>
    public static TrainingResult Result(TrainingDefinition definition, RunEnded ended, TensorBuffer weights)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(ended);
        var outcome = ended.Outcome switch
        {
            RunOutcome.Completed => TrainingOutcome.Completed,
            RunOutcome.Cancelled => TrainingOutcome.Cancelled,
            _ => TrainingOutcome.NonFinite,
        };
        return new TrainingResult(outcome, ended.EpochsCompleted, ended.Version.Value, ended.TrainingSeconds, weights, ended.WeightsHash, Explain(definition, ended));
    }

    private static string? Explain(TrainingDefinition definition, RunEnded ended)
    {
        if (ended.NonFiniteChunk is not int chunk)
        {
            return ended.Explanation;
        }

        var layout = definition.Graph.Layout;
        var tensor = layout.Tensors[layout.Chunks[chunk].TensorIndex].Name;
        return $"{ended.Explanation} The first non-finite values are in {tensor}.";
    }
}
