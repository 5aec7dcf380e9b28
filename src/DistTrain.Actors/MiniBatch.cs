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

    public override string ToString() => Count == 1 ? $"[{First}]" : $"[{First}..{End - 1}]";
}
