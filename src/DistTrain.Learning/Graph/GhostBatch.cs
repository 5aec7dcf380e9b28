using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Graph;

/// <summary>The micro-batches of a full mini-batch as batch norm sees them: how many samples its statistics are of.</summary>
/// <param name="SmallestSamples">Samples of the smallest micro-batch.</param>
/// <param name="LargestSamples">Samples of the largest micro-batch, at most one more.</param>
public readonly record struct GhostBatch(int SmallestSamples, int LargestSamples)
{
    /// <summary>The ghost batch of a run with batch norm; null for a graph without.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="batchSize">Samples of a full mini-batch.</param>
    /// <param name="requestedMicroBatchCount">As for <see cref="MiniBatchPartition.Create"/>.</param>
    /// <exception cref="InvalidInputException">
    /// A mini-batch has one sample, or a micro-batch has one value a channel: its variance is zero, so that the layer would give its bias whatever it reads.
    /// </exception>
    public static GhostBatch? Of(ModelGraph graph, int batchSize, int? requestedMicroBatchCount)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var norms = graph.Nodes.Where(node => node.Operation is BatchNormOperation).ToArray();
        if (norms.Length == 0)
        {
            return null;
        }

        if (batchSize == 1)
        {
            throw new InvalidInputException($"layer {norms[0].Name} takes its statistics over the samples of a micro-batch, so it cannot be trained with batches of 1 sample: use larger batches, or layer-norm instead");
        }

        var partition = MiniBatchPartition.Create(batchSize, requestedMicroBatchCount);
        var sizes = Enumerable.Range(0, partition.MicroBatchCount).Select(i => partition.Boundary(i + 1) - partition.Boundary(i)).ToArray();
        var ghost = new GhostBatch(sizes.Min(), sizes.Max());
        var starved = norms.FirstOrDefault(node => ghost.SmallestSamples * node.OutputShape.ElementCount / node.OutputShape[node.OutputShape.Rank - 1] < 2);
        return starved is null
            ? ghost
            : throw new InvalidInputException(
                $"layer {starved.Name} takes its statistics over the samples of a micro-batch, but {partition.MicroBatchCount} micro-batches of a batch of {batchSize} leave 1 sample each: use fewer micro-batches, or layer-norm instead");
    }

    public override string ToString() => SmallestSamples == LargestSamples ? $"{SmallestSamples} samples" : $"{SmallestSamples} to {LargestSamples} samples";
}
