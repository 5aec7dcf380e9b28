using System.Numerics;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Diagnostics;

/// <summary>
/// The nodes of a step's gradient tree from whose squared norms the noise scale is estimated: all of one level, which depends on the mini-batch's size and the configuration only, never on who computes.
/// </summary>
public static class NoiseNodes
{
    /// <summary>
    /// Every node costs passes over the memory of a whole gradient, and more nodes soon tell little more: where the noise outweighs the gradient, the estimate of |G|² from K nodes has the variance
    /// 2K/(K − 1) · tr(Σ²)/B², which at 4 is a third, at 8 a seventh above the least.
    /// </summary>
    public const int MostNodes = 4;

    /// <summary>K: the level has 1 node (of which nothing can be estimated), 2 or 4.</summary>
    public static int CountOf(MiniBatchPartition partition) => Math.Min(partition.MicroBatchCount, MostNodes);

    /// <summary>The level on which they lie.</summary>
    public static int LevelOf(MiniBatchPartition partition) => partition.Root.Level - BitOperations.Log2((uint)CountOf(partition));
}
