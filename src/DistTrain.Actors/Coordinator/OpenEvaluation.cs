namespace DistTrain.Actors;

/// <summary>An evaluation under way: its version, the results so far, and who has the rest.</summary>
internal sealed class OpenEvaluation(int epoch, WeightVersion version, DataSplit split, int blockCount)
{
    private readonly BlockResult?[] results = new BlockResult?[blockCount];
    private readonly WorkerId?[] owners = new WorkerId?[blockCount];

    public int Epoch { get; } = epoch;

    public WeightVersion Version { get; } = version;

    public DataSplit Split { get; } = split;

    public int BlockCount => results.Length;

    public void Assign(WorkerId worker, WorkRange blocks)
    {
        for (var block = blocks.First; block < blocks.End; block++)
        {
            owners[block] = worker;
        }
    }

    /// <summary>Notes results; the same block at the same version gives the same result, so a second one changes nothing.</summary>
    public void Add(IEnumerable<BlockResult> blocks)
    {
        foreach (var block in blocks)
        {
            results[block.Block] ??= block;
        }
    }

    public EvaluationDecision Decide(RunDefinition definition) => EvaluationRule.Decide(results, definition.HasClasses, definition.Metrics, definition.LabelsPerSample);

    /// <summary>Contiguous ranges of what the worker has and has not reported; null asks for what nobody has.</summary>
    public IReadOnlyList<WorkRange> OpenBlocksOf(WorkerId? worker) =>
        WorkRange.Join(Enumerable.Range(0, BlockCount).Where(block => results[block] is null && owners[block] == worker).Select(WorkRange.Single));

    public void Abandon(WorkerId worker)
    {
        for (var block = 0; block < owners.Length; block++)
        {
            if (owners[block] == worker)
            {
                owners[block] = null;
            }
        }
    }
}
