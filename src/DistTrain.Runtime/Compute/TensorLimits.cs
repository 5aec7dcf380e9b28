namespace DistTrain.Runtime.Compute;

/// <summary>How much memory for tensors other processes can make this one take; far above what a run needs.</summary>
/// <param name="ReceivedGradients">Gradient nodes that are held, or being received.</param>
/// <param name="WeightVersions">Versions that exist here.</param>
public sealed record TensorLimits(int ReceivedGradients, int WeightVersions)
{
    /// <summary>Shards that a peer may speak of.</summary>
    public const int MostShards = 65_536;

    /// <summary>A step accepts disjoint nodes, so no more than micro-batches; as many again may be late, and twice that on their way.</summary>
    /// <param name="microBatches">The most of a mini-batch.</param>
    public static TensorLimits For(int microBatches) => new((4 * microBatches) + 64, 64);
}
