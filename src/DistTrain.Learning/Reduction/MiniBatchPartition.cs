using System.Numerics;

namespace DistTrain.Learning.Reduction;

/// <summary>
/// How a mini-batch of <see cref="SampleCount"/> samples is cut into <see cref="MicroBatchCount"/> micro-batches (a power of two): micro-batch <c>i</c>
/// holds the samples [⌊i·n/M⌋, ⌊(i+1)·n/M⌋) of the mini-batch. It depends on the size and the configuration only, never on who computes.
/// </summary>
public readonly record struct MiniBatchPartition
{
    public const int LargestDefaultMicroBatchCount = 64;
    public const int SmallestDefaultMicroBatchSize = 16;

    private MiniBatchPartition(int sampleCount, int microBatchCount)
    {
        SampleCount = sampleCount;
        MicroBatchCount = microBatchCount;
    }

    /// <summary>n: the true size of the mini-batch, at least 1.</summary>
    public int SampleCount { get; }

    /// <summary>M: a power of two, at most n.</summary>
    public int MicroBatchCount { get; }

    /// <summary>The node of the whole mini-batch.</summary>
    public TreeNode Root => new(BitOperations.Log2((uint)MicroBatchCount), 0);

    /// <summary>First sample of micro-batch <paramref name="microBatch"/>; for M itself, the sample count.</summary>
    public int Boundary(int microBatch) => (int)((long)microBatch * SampleCount / MicroBatchCount);

    public int SamplesOf(TreeNode node) => Boundary(node.End) - Boundary(node.First);

    /// <param name="sampleCount">n, at least 1.</param>
    /// <param name="requestedMicroBatchCount">
    /// Null: the largest power of two up to 64 that leaves at least 16 samples each, but at least 2 from n = 4. Otherwise the largest power of two ≤ min(requested, n).
    /// </param>
    public static MiniBatchPartition Create(int sampleCount, int? requestedMicroBatchCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleCount, 1);
        if (requestedMicroBatchCount is int requested)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(requested, 1, nameof(requestedMicroBatchCount));
            return new MiniBatchPartition(sampleCount, LargestPowerOfTwo(Math.Min(requested, sampleCount)));
        }

        var count = Math.Min(LargestDefaultMicroBatchCount, LargestPowerOfTwo(Math.Max(1, sampleCount / SmallestDefaultMicroBatchSize)));
        return new MiniBatchPartition(sampleCount, sampleCount >= 4 ? Math.Max(2, count) : 1);
    }

    private static int LargestPowerOfTwo(int atMost) => 1 << BitOperations.Log2((uint)atMost);
}
