using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>The samples of one step: a run of positions in its epoch's order, and how it is cut.</summary>
/// <param name="Step">The step that uses it.</param>
/// <param name="Epoch">1-based.</param>
/// <param name="FirstPosition">0-based position of its first sample in the epoch's order.</param>
/// <param name="SampleCount">n: its true size; the last one of an epoch may be short.</param>
/// <param name="MicroBatchCount">M: a power of two, at most n.</param>
public readonly record struct MiniBatch(StepNumber Step, int Epoch, int FirstPosition, int SampleCount, int MicroBatchCount)
{
    public MiniBatchPartition Partition => MiniBatchPartition.Create(SampleCount, MicroBatchCount);
}

/// <summary>A contiguous range of micro-batches (or of evaluation blocks): <c>First</c> to one before <c>End</c>.</summary>
public readonly record struct WorkRange(int First, int End)
{
    public int Count => End - First;

    public bool IsEmpty => End <= First;

    public static WorkRange Of(TreeNode node) => new(node.First, node.End);

    public static WorkRange Single(int index) => new(index, index + 1);

    /// <summary>The fewest contiguous ranges that disjoint ones, given in order, make up.</summary>
    public static IReadOnlyList<WorkRange> Join(IEnumerable<WorkRange> parts)
    {
        var ranges = new List<WorkRange>();
        foreach (var part in parts)
        {
            if (ranges.Count > 0 && ranges[^1].End == part.First)
            {
                ranges[^1] = ranges[^1] with { End = part.End };
            }
            else
            {
                ranges.Add(part);
            }
        }

        return ranges;
    }

    public override string ToString() => Count == 1 ? $"[{First}]" : $"[{First}..{End - 1}]";
}
