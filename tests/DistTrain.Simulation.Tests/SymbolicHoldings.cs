using DistTrain.Actors;
using DistTrain.Learning.Reduction;

namespace DistTrain.Simulation.Tests;

/// <summary>A shard's chunks of a version, by number.</summary>
internal sealed record SymbolicPart(WeightVersion Version, ShardId Shard, IReadOnlyDictionary<int, string> Chunks);

/// <summary>A shard's state, set aside.</summary>
internal sealed record SymbolicState(ShardId Shard, WeightVersion Version, SymbolicPart Weights, IReadOnlyDictionary<int, string> Optimizer);

/// <summary>What is on a disk that loses nothing.</summary>
/// <param name="States">[shards].</param>
/// <param name="Best">[shards] of the best epoch's version; empty where there is none.</param>
internal sealed record SymbolicCheckpoint(Checkpoint Checkpoint, SymbolicState[] States, SymbolicPart[] Best);

/// <param name="ComputedOn">[chunks] of the weights.</param>
internal sealed record SymbolicGradient(MiniBatch MiniBatch, string[] ComputedOn, TreeNode Node, string Sum);

/// <summary>
/// Who holds what. A worker lets go of a version as a whole, perhaps of parts that have not been handed to it; others let go of what came by one message at a time.
/// </summary>
internal sealed class SymbolicHoldings
{
    private readonly SortedDictionary<ActorAddress, Holder> holders = [];
    private long lastHandle;

    public void Hold(ActorAddress actor, SymbolicPart part) => Of(actor).Parts.Add(part);

    public void Hold(ActorAddress actor, SymbolicState state) => Of(actor).States.Add(state);

    public GradientHandle Hold(ActorAddress actor, SymbolicGradient gradient)
    {
        var handle = new GradientHandle(++lastHandle);
        Of(actor).Gradients.Add(handle, gradient);
        return handle;
    }

    public SymbolicGradient GradientOf(ActorAddress actor, GradientHandle handle) => Of(actor).Gradients[handle];

    public SymbolicPart PartOf(ActorAddress actor, WeightVersion version, ShardId shard) =>
        Of(actor).Parts.FindLast(part => part.Version == version && part.Shard == shard)
        ?? throw new InvalidOperationException($"{actor} does not hold version {version} of {shard}");

    public SymbolicState StateOf(ActorAddress actor, ShardId shard, WeightVersion version) =>
        Of(actor).States.Find(state => state.Version == version && state.Shard == shard)
        ?? throw new InvalidOperationException($"{actor} does not hold the state of {shard} at version {version}");

    public void Release(ActorAddress actor, ReleaseEffect effect)
    {
        var holder = Of(actor);
        var wasHeld = effect switch
        {
            ReleaseGradient release => holder.Gradients.Remove(release.Gradient),
            DropWeights drop when actor.Role == ActorRole.Worker => holder.Parts.RemoveAll(part => part.Version == drop.Version) >= 0,
            DropWeights drop => holder.DropOne(drop.Version),
            DropSnapshot drop => holder.States.RemoveAll(state => state.Version == drop.Version) >= 0,
            _ => false,
        };
        if (!wasHeld)
        {
            throw new InvalidOperationException($"{actor} lets go of what it does not hold: {effect}");
        }
    }

    /// <summary>Everything of the actor's is free.</summary>
    /// <param name="keepsNewestOf">The number of shards, where the newest version is kept of which all their parts are there; otherwise 0.</param>
    public void Forget(ActorAddress actor, int keepsNewestOf)
    {
        if (holders.Remove(actor, out var holder) && keepsNewestOf > 0)
        {
            var whole = holder.Parts.GroupBy(part => part.Version).Where(parts => parts.Select(part => part.Shard).Distinct().Count() == keepsNewestOf);
            Of(actor).Parts.AddRange(whole.MaxBy(parts => parts.Key) ?? Enumerable.Empty<SymbolicPart>());
        }
    }

    /// <summary>Everything, in words.</summary>
    public IEnumerable<string> Describe() => holders.SelectMany(pair => pair.Value.Describe().Select(what => $"{pair.Key}: {what}"));

    private Holder Of(ActorAddress actor)
    {
        if (!holders.TryGetValue(actor, out var holder))
        {
            holders[actor] = holder = new Holder();
        }

        return holder;
    }

    private sealed class Holder
    {
        public List<SymbolicPart> Parts { get; } = [];

        public List<SymbolicState> States { get; } = [];

        public Dictionary<GradientHandle, SymbolicGradient> Gradients { get; } = [];

        public bool DropOne(WeightVersion version)
        {
            var place = Parts.FindIndex(part => part.Version == version);
            if (place >= 0)
            {
                Parts.RemoveAt(place);
            }

            return place >= 0;
        }

        public IEnumerable<string> Describe() =>
        [
            .. Parts.Select(part => $"version {part.Version} of {part.Shard}"),
            .. States.Select(state => $"state {state.Version} of {state.Shard}"),
            .. Gradients.Values.Select(gradient => $"gradient {gradient.Node} of {gradient.MiniBatch.Step}"),
        ];
    }
}
