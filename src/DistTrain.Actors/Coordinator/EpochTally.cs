using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;

namespace DistTrain.Actors;

/// <summary>An epoch whose report is not out: sums over its steps, in step order, and what the report still waits for.</summary>
internal sealed class EpochTally(int epoch)
{
    private EpochLedger? ledger;
    private double lossSum;
    private long correctCount;
    private double learningRate;
    private long replayedSamples;

    public int Epoch { get; } = epoch;

    public long SampleCount { get; private set; }

    public StepNumber LastStep { get; private set; }

    /// <summary>Set when its last step is committed; evaluation excluded.</summary>
    public double? TrainingSeconds { get; set; }

    /// <summary>Of the gradient's noise, up to its last committed step.</summary>
    public NoiseAverage Noise { get; set; }

    public string? WeightsHash { get; set; }

    /// <summary>Of the part that is evaluated at the ends of epochs.</summary>
    public EvaluationSummary? Evaluation { get; set; }

    public double MeanLoss => lossSum / SampleCount;

    /// <summary>The share of labels that were met; null where there are no classes.</summary>
    public double? Accuracy(RunDefinition definition) => definition.HasClasses ? correctCount / ((double)SampleCount * definition.LabelsPerSample) : null;

    /// <summary>Goes on from what a checkpoint says.</summary>
    /// <param name="open">Of this epoch.</param>
    /// <param name="lastStep">The last step that it holds.</param>
    public static EpochTally Restore(OpenEpoch open, StepNumber lastStep) => new(open.Epoch)
    {
        lossSum = open.LossSum,
        correctCount = open.CorrectCount,
        SampleCount = open.SampleCount,
        learningRate = open.LearningRate,
        LastStep = lastStep,
    };

    /// <summary>For a checkpoint.</summary>
    /// <param name="trainingSeconds">Of this epoch so far.</param>
    public OpenEpoch ToOpenEpoch(double trainingSeconds) => new(Epoch, lossSum, correctCount, SampleCount, learningRate, trainingSeconds);

    /// <summary>Notes samples that had been trained with before a return to a checkpoint.</summary>
    public void AddReplayed(int samples) => replayedSamples += samples;

    public void Add(StepRecord step, double rate)
    {
        ledger = step.ClosedEpoch;
        lossSum += step.Statistics.LossSum;
        correctCount += step.Statistics.CorrectCount;
        SampleCount += step.Statistics.SampleCount;
        learningRate = rate;
        LastStep = step.Entry.MiniBatch.Step;
    }

    public bool IsComplete(bool needsEvaluation) => ledger is not null && TrainingSeconds is not null && WeightsHash is not null && (Evaluation is not null || !needsEvaluation);

    public EpochReport Report(RunDefinition definition, IEnumerable<WorkerId> members) => new(
        Epoch,
        ledger!.Steps,
        LastStep.Value,
        ledger.Proof with { RecomputedSamples = ledger.Proof.RecomputedSamples + replayedSamples },
        MeanLoss,
        Accuracy(definition),
        definition.EpochSplit == DataSplit.Validation ? Evaluation : null,
        definition.EpochSplit == DataSplit.Test ? Evaluation : null,
        learningRate,
        TrainingSeconds!.Value,
        TrainingSeconds > 0 ? SampleCount / TrainingSeconds.Value : 0,
        WeightsHash!,
        WithIdle(ledger.Shares, members))
    {
        Noise = definition.NoiseIntervalSteps is null ? null : Noise.Read(definition.SampleCount),
    };

    /// <summary>Members that gave nothing are listed as well.</summary>
    private static ImmutableArray<WorkerShare> WithIdle(ImmutableArray<WorkerShare> shares, IEnumerable<WorkerId> members) =>
        [.. shares.Concat(members.Except(shares.Select(share => share.Worker)).Select(idle => new WorkerShare(idle, 0, null, null))).OrderBy(share => share.Worker)];
}
