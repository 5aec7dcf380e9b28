using System.Collections.Immutable;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors;

/// <summary>
/// What the shards have summed in the stages of one step. Another shard may be one stage ahead of this one, never more: it ends the next only with this one's sums. So sums may come
/// before this shard has its own, and even before its tree is complete.
/// </summary>
internal sealed class StageExchange(int shardCount)
{
    private readonly SortedDictionary<int, ImmutableArray<StageSquares>?[]> stages = [];

    /// <returns>Whether they are new.</returns>
    public bool Add(int stage, ShardId shard, ImmutableArray<StageSquares> squares)
    {
        if (!stages.TryGetValue(stage, out var sums))
        {
            stages[stage] = sums = new ImmutableArray<StageSquares>?[shardCount];
        }

        var isNew = sums[shard.Value] is null;
        sums[shard.Value] ??= squares;
        return isNew;
    }

    /// <summary>[shards] of the stage, if every shard's sums are here; they are forgotten then.</summary>
    public ImmutableArray<ImmutableArray<StageSquares>>? TakeIfComplete(int stage)
    {
        if (!stages.TryGetValue(stage, out var sums) || sums.Any(sum => sum is null))
        {
            return null;
        }

        stages.Remove(stage);
        return [.. sums.Select(sum => sum!.Value)];
    }

    /// <summary>For the next step.</summary>
    public void Clear() => stages.Clear();
}
