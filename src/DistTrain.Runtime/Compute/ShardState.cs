using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// A shard's weights and its part of the optimizer's tensors, set aside or on their way to another node: each in a buffer of its own, the shard's segments one behind the other.
/// Whoever holds it may read it; nobody writes it any more.
/// </summary>
internal sealed class ShardState
{
    private readonly ShardCut cut;

    /// <param name="tensorCount">Of the optimizer.</param>
    public ShardState(ShardCut cut, ShardId shard, WeightVersion version, int tensorCount)
    {
        this.cut = cut;
        Shard = shard;
        Version = version;
        Parts = [.. Enumerable.Range(0, tensorCount + 1).Select(_ => new TensorBuffer(cut.LengthOf(shard.Value)))];
    }

    public ShardId Shard { get; }

    public WeightVersion Version { get; }

    /// <summary>The weights, then each of the optimizer's tensors.</summary>
    public IReadOnlyList<TensorBuffer> Parts { get; }

    /// <summary>Copies the shard's elements out of flat buffers.</summary>
    /// <param name="flat">As many as there are parts, in their order.</param>
    public void CopyFrom(IReadOnlyList<TensorBuffer> flat) => Copy(flat, (whole, part) => whole.CopyTo(part));

    /// <summary>Copies the shard's elements into flat buffers.</summary>
    /// <param name="flat">As many as there are parts, in their order.</param>
    public void CopyTo(IReadOnlyList<TensorBuffer> flat) => Copy(flat, (whole, part) => part.CopyTo(whole));

    private void Copy(IReadOnlyList<TensorBuffer> flat, Action<Memory<float>, Memory<float>> copy)
    {
        for (var i = 0; i < Parts.Count; i++)
        {
            var start = 0;
            foreach (var segment in cut.SegmentsOf(Shard.Value))
            {
                copy(flat[i].Memory.Slice(segment.Offset, segment.Length), Parts[i].Memory.Slice(start, segment.Length));
                start += segment.Length;
            }
        }
    }
}
