namespace DistTrain.Actors;

/// <summary>An epoch whose report is not out: sums over its steps, in step order, and what the report still waits for.</summary>
internal sealed class EpochTally(int epoch)
{
    private readonly List<LedgerEntry> entries = [];
    private double lossSum;
    private long correctCount;
    private long recomputedSamples;
    private double learningRate;

    public int Epoch { get; } = epoch;

    public long SampleCount { get; private set; }

    public StepNumber LastStep { get; private set; }

    /// <summary>Set when its last step is committed; evaluation excluded.</summary>
    public double? TrainingSeconds { get; set; }

    public string? WeightsHash { get; set; }

    public EvaluationSummary? Test { get; set; }

    public double MeanLoss => lossSum / SampleCount;

    public double Accuracy => (double)correctCount / SampleCount;

    public void Add(StepCommitted step, double rate)
    {
        entries.Add(step.Entry);
        lossSum += step.Statistics.LossSum;
        correctCount += step.Statistics.CorrectCount;
        SampleCount += step.Statistics.SampleCount;
        recomputedSamples += step.RecomputedSamples;
        learningRate = rate;
        LastStep = step.Entry.MiniBatch.Step;
    }

    public bool IsComplete(bool needsTest) => TrainingSeconds is not null && WeightsHash is not null && (Test is not null || !needsTest);

    public EpochReport Report(RunDefinition definition, IEnumerable<WorkerId> members) => new(
        Epoch,
        entries.Count,
        LastStep.Value,
        LedgerAudit.Prove(entries, definition.SampleCount, recomputedSamples),
        MeanLoss,
        definition.HasClasses ? Accuracy : null,
        Test,
        learningRate,
        TrainingSeconds!.Value,
        TrainingSeconds > 0 ? SampleCount / TrainingSeconds.Value : 0,
        WeightsHash!,
        LedgerAudit.Shares(entries, members));
}
