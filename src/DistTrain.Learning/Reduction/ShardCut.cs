using System.Collections.Immutable;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Reduction;

/// <summary>A run of elements of the flat buffer that belongs to one shard: some neighbouring chunks of one tensor.</summary>
/// <param name="TensorIndex">The tensor.</param>
/// <param name="FirstChunk">Index among all chunks.</param>
/// <param name="EndChunk">One past the last chunk.</param>
/// <param name="Offset">First element in the flat buffer.</param>
/// <param name="Length">In elements.</param>
public readonly record struct ShardSegment(int TensorIndex, int FirstChunk, int EndChunk, int Offset, int Length);

/// <summary>
/// Which chunks belong to which shard: every tensor is spread over all shards as evenly as its chunks allow, so that each layer's gradient and weights use every link at once. Depends on the
/// layout and on the number of shards only.
/// </summary>
public sealed class ShardCut
{
    private readonly ImmutableArray<ImmutableArray<ShardSegment>> segments;

    private ShardCut(ParameterLayout layout, ImmutableArray<ImmutableArray<ShardSegment>> segments)
    {
        Layout = layout;
        this.segments = segments;
    }

    public ParameterLayout Layout { get; }

    public int ShardCount => segments.Length;

    /// <param name="layout">What is cut.</param>
    /// <param name="shardCount">At least 1. Shards may be left with nothing where there are fewer chunks; chunk 0 is shard 0's.</param>
    public static ShardCut Create(ParameterLayout layout, int shardCount)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        var cut = Enumerable.Range(0, shardCount).Select(_ => ImmutableArray.CreateBuilder<ShardSegment>()).ToArray();
        var loads = new long[shardCount];
        for (var first = 0; first < layout.Chunks.Length;)
        {
            var tensor = layout.Chunks[first].TensorIndex;
            var end = first;
            while (end < layout.Chunks.Length && layout.Chunks[end].TensorIndex == tensor)
            {
                end++;
            }

            // What is left over of an even share goes to those who have least so far; equal loads by number, so that chunk 0 is shard 0's.
            var (share, left) = Math.DivRem(end - first, shardCount);
            var withOneMore = Enumerable.Range(0, shardCount).OrderBy(shard => loads[shard]).ThenBy(shard => shard).Take(left).ToHashSet();
            for (var shard = 0; shard < shardCount; shard++)
            {
                var count = share + (withOneMore.Contains(shard) ? 1 : 0);
                if (count > 0)
                {
                    var offset = layout.Chunks[first].Offset;
                    var last = layout.Chunks[first + count - 1];
                    cut[shard].Add(new ShardSegment(tensor, first, first + count, offset, last.Offset + last.Length - offset));
                    loads[shard] += last.Offset + last.Length - offset;
                    first += count;
                }
            }
        }

        return new ShardCut(layout, [.. cut.Select(builder => builder.ToImmutable())]);
    }

    /// <summary>In order of the flat buffer.</summary>
    public ImmutableArray<ShardSegment> SegmentsOf(int shard) => segments[shard];

    public int ChunkCountOf(int shard) => segments[shard].Sum(segment => segment.EndChunk - segment.FirstChunk);

    /// <summary>Elements of a shard, without gaps.</summary>
    public int LengthOf(int shard) => segments[shard].Sum(segment => segment.Length);

    /// <summary>Of what is said of all chunks, the part that concerns a shard's, in their order.</summary>
    public ImmutableArray<T> Select<T>(int shard, ReadOnlySpan<T> ofAllChunks)
    {
        var own = ImmutableArray.CreateBuilder<T>(ChunkCountOf(shard));
        foreach (var segment in segments[shard])
        {
            own.AddRange(ofAllChunks[segment.FirstChunk..segment.EndChunk]);
        }

        return own.MoveToImmutable();
    }

    /// <summary>Puts what each shard says of its own chunks, in their order, into the order of all chunks.</summary>
    /// <exception cref="InvalidInputException">A shard says more or less than it has chunks.</exception>
    public T[] Merge<T>(IReadOnlyList<ImmutableArray<T>> byShard)
    {
        ArgumentNullException.ThrowIfNull(byShard);
        var merged = new T[Layout.Chunks.Length];
        for (var shard = 0; shard < ShardCount; shard++)
        {
            if (byShard.Count != ShardCount || byShard[shard].Length != ChunkCountOf(shard))
            {
                throw new InvalidInputException($"shard {shard} of {ShardCount} has {ChunkCountOf(shard)} chunks, but something else was said of it");
            }

            var next = 0;
            foreach (var segment in segments[shard])
            {
                byShard[shard].AsSpan(next, segment.EndChunk - segment.FirstChunk).CopyTo(merged.AsSpan(segment.FirstChunk));
                next += segment.EndChunk - segment.FirstChunk;
            }
        }

        return merged;
    }
}
