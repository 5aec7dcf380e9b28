namespace DistTrain.Actors;

/// <summary>Something that a worker has been asked to compute. It can begin when the worker holds the version that it reads.</summary>
internal abstract record WorkItem(WeightVersion Reads)
{
    public abstract ComputeEffect Begin();
}

internal sealed record GradientWork(MiniBatch MiniBatch, WorkRange Range, bool MeasuresNoise) : WorkItem(MiniBatch.Step.Reads)
{
    public override ComputeEffect Begin() => new ComputeGradient(MiniBatch, Range) { MeasuresNoise = MeasuresNoise };
}

internal sealed record EvaluationWork(WeightVersion Version, DataSplit Split, WorkRange Blocks) : WorkItem(Version)
{
    public override ComputeEffect Begin() => new EvaluateBlocks(Version, Split, Blocks);
}

/// <summary>
/// A worker's open work, in the order in which it is to be done: lower versions first, because an old one is kept for its evaluation only; within a version as assigned.
/// </summary>
internal sealed class WorkQueue
{
    private readonly List<WorkItem> items = [];

    public IEnumerable<WeightVersion> EvaluatedVersions => items.OfType<EvaluationWork>().Select(work => work.Version);

    /// <summary>The versions that open work reads, in order.</summary>
    public IEnumerable<WeightVersion> VersionsRead => items.Select(item => item.Reads).Distinct();

    public void Add(WorkItem item)
    {
        var place = items.FindIndex(other => other.Reads > item.Reads);
        items.Insert(place < 0 ? items.Count : place, item);
    }

    /// <summary>Takes the first item that can begin; null if there is none.</summary>
    public WorkItem? TakeFirst(IReadOnlySet<WeightVersion> held)
    {
        var place = items.FindIndex(item => held.Contains(item.Reads));
        if (place < 0)
        {
            return null;
        }

        var item = items[place];
        items.RemoveAt(place);
        return item;
    }

    /// <summary>Removes gradient work of steps that are over: their result exists.</summary>
    public void Withdraw(WeightVersion newest) => items.RemoveAll(item => item is GradientWork work && work.MiniBatch.Step.Makes <= newest);

    public void Clear() => items.Clear();
}
