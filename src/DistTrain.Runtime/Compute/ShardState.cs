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
    public ShardState(ShardCut cut, ShardId shard, Incarnation incarnation, WeightVersion version, int tensorCount)
    {
        this.cut = cut;
        Shard = shard;
        Incarnation = incarnation;
        Version = version;
        Parts = [.. Enumerable.Range(0, tensorCount + 1).Select(_ => new TensorBuffer(cut.LengthOf(shard.Value)))];
    }

    public ShardId Shard { get; }

    /// <summary>In which it was made, or is to be served.</summary>
    public Incarnation Incarnation { get; }

    public WeightVersion Version { get; }

    /// <summary>The weights, then each of the optimizer's tensors.</summary>
    public IReadOnlyList<TensorBuffer> Parts { get; }

    /// <summary>Copies the shard's elements out of flat buffers.</summary>
    /// <param name="flat">As many as there are parts, in their order.</param>
    public void CopyFrom(IReadOnlyList<TensorBuffer> flat)
    {
        for (var part = 0; part < Parts.Count; part++)
        {
            foreach (var (offset, start, length) in Pieces())
            {
                flat[part].Span.Slice(offset, length).CopyTo(Parts[part].Span[start..]);
            }
        }
    }

    /// <summary>Copies the shard's elements of one part into a flat buffer.</summary>
    public void CopyTo(int part, TensorBuffer flat)
    {
        foreach (var (offset, start, length) in Pieces())
        {
            Parts[part].Span.Slice(start, length).CopyTo(flat.Span[offset..]);
        }
    }

    private IEnumerable<(int Offset, int Start, int Length)> Pieces()
    {
        var start = 0;
        foreach (var segment in cut.SegmentsOf(Shard.Value))
        {
            yield return (segment.Offset, start, segment.Length);
            start += segment.Length;
        }
    }
}
