using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Learning.Sampling;

namespace DistTrain.Runtime;

/// <summary>From what the actors announce to what a program is told: indices become names, ids become numbers.</summary>
public static class TrainingEvents
{
    /// <param name="announcement">Anything but the last one.</param>
    /// <param name="layout">Of the model that is trained.</param>
    public static TrainingEvent Translate(Announcement announcement, ParameterLayout layout) => announcement switch
    {
        ProgressAnnounced p => new TrainingProgressed(
            p.Epoch, p.Step.Value, p.TotalSteps, p.SamplesDone, p.SamplesTotal, p.MeanLoss, p.Accuracy, p.SamplesPerSecond),
        StepMeasured step => new LayersMeasured(
            step.Step.Value, step.LearningRate, step.MeanLoss, TensorNorms.Fold(layout, ShardCut.Create(layout, step.Measures.Length).Merge(step.Measures), step.SampleCount)),
        StepEvaluated e => new WeightsEvaluated(e.Epoch, e.Step.Value, e.SamplesDone, e.MeanLoss, e.TrainingSeconds, e.Found) { Noise = e.Noise },
        EpochAnnounced epoch => new EpochEnded(epoch.Report),
        CheckpointAnnounced taken => new CheckpointTaken(taken.Step.Value, taken.WritingSeconds),
        RecoveryAnnounced r => new Recovered(r.Term.Value, r.Incarnation.Value, r.From.Value, r.LostSteps, r.LostSeconds, r.Cause),
        NoticeAnnounced notice => new Noticed(notice.Sentence),
        _ => throw new InvalidOperationException($"no event is known for {announcement?.GetType().Name}"),
    };

    /// <param name="weights">The flat weights of the version with which the run ended.</param>
    public static TrainingResult Result(TrainingDefinition definition, RunEnded ended, TensorBuffer weights)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(ended);
        return new TrainingResult(ended.Outcome, ended.EpochsCompleted, ended.Version.Value, ended.TrainingSeconds, weights, ended.WeightsHash, Explain(definition, ended, weights))
        {
            StepsTaken = ended.LastStep.Value,
            RestoredEpoch = ended.RestoredEpoch,
            Test = ended.Test,
        };
    }

    private static string? Explain(TrainingDefinition definition, RunEnded ended, TensorBuffer weights)
    {
        if (ended.Outcome != RunOutcome.NonFinite)
        {
            return ended.Explanation;
        }

        var layout = definition.Graph.Layout;
        var where = ended.NonFiniteChunk is int chunk
            ? layout.Tensors[layout.Chunks[chunk].TensorIndex].Name
            : LayerOfLoss(definition, ended, weights);
        return $"{ended.Explanation} (the first values that are not finite are in {where})";
    }

    /// <summary>Runs the mini-batch of the step that could not be made once more, with the weights before it.</summary>
    private static string LayerOfLoss(TrainingDefinition definition, RunEnded ended, TensorBuffer weights)
    {
        var batch = ended.NonFiniteMiniBatch ?? throw new InvalidOperationException("a loss that is not finite belongs to a mini-batch");
        var samples = EpochOrder.Create(definition.Seed, batch.Epoch, definition.Train.Count).AsSpan(batch.FirstPosition, batch.SampleCount).ToArray();
        return NonFiniteSearch.FirstLayer(definition.Graph, definition.Loss, weights, definition.Train, samples) is { } layer ? $"the outputs of {layer}" : "the loss itself";
    }
}
