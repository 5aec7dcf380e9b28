using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Reduction;

namespace DistTrain.Runtime.Compute;

/// <summary>The shards of the parameter server that live in this process. Calls for different shards may run side by side.</summary>
internal sealed class ServerCompute(TrainingDefinition definition, IEngine engine, WeightVersions weights, GradientBuffers gradients, Holdings holdings)
{
    private readonly object gate = new();
    private readonly Dictionary<ShardId, ShardCompute> shards = [];
    private bool isPlaced;
    private ShardCut cut = ShardCut.Create(definition.Graph.Layout, 1);
    private TensorBuffer? initialWeights;

    /// <summary>Of all shards, wherever they live.</summary>
    public ShardCut Cut
    {
        get
        {
            lock (gate)
            {
                return cut;
            }
        }
    }

    /// <summary>Says how many shards there are. Versions that exist are cut as before, so the number stays as it is while there are any.</summary>
    public void Place(int shardCount)
    {
        lock (gate)
        {
            isPlaced = true;
            if (shardCount == cut.ShardCount)
            {
                return;
            }

            if (weights.Count > 0)
            {
                throw new InvalidOperationException($"weights that are cut for {cut.ShardCount} shards cannot be placed on {shardCount}");
            }

            cut = ShardCut.Create(definition.Graph.Layout, shardCount);
        }
    }

    /// <summary>Whether there are so many shards. Where nobody has said so yet, it is taken to be said, if it is possible.</summary>
    public bool IsCutInto(int shardCount)
    {
        lock (gate)
        {
            if (!isPlaced && shardCount is > 0 and <= TensorLimits.MostShards)
            {
                Place(shardCount);
            }

            return shardCount == cut.ShardCount;
        }
    }

    /// <summary>Whether the shard serves here in this incarnation.</summary>
    public bool Has(ShardId shard, Incarnation incarnation)
    {
        lock (gate)
        {
            return shards.TryGetValue(shard, out var found) && found.Incarnation == incarnation;
        }
    }

    public WeightsInitialized Initialize(ActorAddress actor, InitializeWeights effect)
    {
        var shard = Create(effect.Shard, effect.Incarnation);
        var version = new WeightVersion(0);
        shard.Write(version, InitialWeights());
        holdings.Add(actor, shard.Key(version));
        return new WeightsInitialized(version);
    }

    public WeightsInitialized Restore(ActorAddress actor, RestoreState effect)
    {
        var state = holdings.State(actor, effect.Shard, effect.State.Version);
        var shard = Create(effect.Shard, effect.Incarnation);
        shard.Restore(state, effect.State.Scalars);
        holdings.Add(actor, shard.Key(state.Version));
        return new WeightsInitialized(state.Version);
    }

    public StateSnapshotted Snapshot(ActorAddress actor, SnapshotState effect)
    {
        var shard = Find(effect.Shard);
        holdings.Add(actor, shard.Copy(effect.Version));
        return new StateSnapshotted(effect.Version, [.. shard.State.Scalars.Span]);
    }

    /// <summary>Cuts one step's reduction and update into parts that may run side by side, in any order, each once.</summary>
    public StepUpdate Begin(ReduceAndUpdate effect)
    {
        var shard = Find(effect.Shard);
        lock (gate)
        {
            initialWeights = null;
        }

        return shard.Running = new StepUpdate(shard, effect, [.. effect.Nodes.Select(held => new GradientNode(held.Node, gradients.Get(held.Gradient)))]);
    }

    public StepUpdate Continue(ContinueUpdate effect)
    {
        var update = Find(effect.Shard).Running ?? throw new InvalidOperationException($"{effect.Shard} is to go on with step {effect.Step}, but applies none");
        update.Continue(effect.Squares);
        return update;
    }

    /// <summary>The answer to either, when its parts have run and none follow at once.</summary>
    public ComputeResult Complete(ActorAddress actor, StepUpdate update)
    {
        var result = update.Result();
        if (result is UpdateApplied)
        {
            holdings.Add(actor, update.Makes);
        }

        return result;
    }

    public void Abandon(AbandonUpdate effect) => Find(effect.Shard).Running?.Abandon();

    /// <summary>In which the shard is served here; 0 for in none (yet).</summary>
    public Incarnation Served(ShardId shard)
    {
        lock (gate)
        {
            return shards.TryGetValue(shard, out var found) ? found.Incarnation : default;
        }
    }

    public void Forget(ShardId shard)
    {
        lock (gate)
        {
            if (shards.Remove(shard, out var gone))
            {
                gone.Running?.Abandon();
            }
        }
    }

    private ShardCompute Create(ShardId shard, Incarnation incarnation)
    {
        lock (gate)
        {
            return shards[shard] = new ShardCompute(shard, incarnation, cut, definition.Optimizer, engine, weights);
        }
    }

    private ShardCompute Find(ShardId shard)
    {
        lock (gate)
        {
            return shards.TryGetValue(shard, out var found) ? found : throw new InvalidOperationException($"{shard} has no state in this process");
        }
    }

    /// <summary>Made once for all shards that begin here, and kept until one of them makes a step.</summary>
    private TensorBuffer InitialWeights()
    {
        lock (gate)
        {
            return initialWeights ??= definition.Graph.Layout.CreateInitialWeights(definition.Seed);
        }
    }
}
