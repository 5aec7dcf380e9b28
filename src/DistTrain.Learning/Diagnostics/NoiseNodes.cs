using System.Numerics;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Diagnostics;

/// <summary>
/// The nodes of a step's gradient tree from whose squared norms the noise scale is estimated: all of one level, which depends on the mini-batch's size and the configuration only, never on who computes.
/// </summary>
public static class NoiseNodes
{
    /// <summary>With more nodes the estimate of |G|² varies less, but at 8 its variance is within a seventh of what the best cut would give, and every node costs a pass over the memory of a gradient.</summary>
    public const int MostNodes = 8;

    /// <summary>K: the level has 1 node (of which nothing can be estimated), 2, 4 or 8.</summary>
    public static int CountOf(MiniBatchPartition partition) => Math.Min(partition.MicroBatchCount, MostNodes);

    /// <summary>The level on which they lie.</summary>
    public static int LevelOf(MiniBatchPartition partition) => partition.Root.Level - BitOperations.Log2((uint)CountOf(partition));
}
