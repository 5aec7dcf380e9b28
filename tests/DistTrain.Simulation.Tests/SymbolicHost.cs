using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime;

namespace DistTrain.Simulation.Tests;

/// <summary>
/// Computes with words instead of numbers: a gradient is the sum it stands for, written out, and each chunk of the weights is the history that made it. So a test sees exactly what was added, in
/// which order, on which weights. It refuses what actors must not ask for: a version that is not held or not whole, a handle that was released, a sum of gradients of different steps.
/// Chunk c belongs to shard c modulo the number of shards.
/// </summary>
internal sealed class SymbolicHost : IComputeHost
{
    public const int ChunkCount = 8;

    /// <summary>The chunk of <see cref="NonFiniteUpdate"/>.</summary>
    public const int NonFiniteChunk = 7;

    private readonly RunDefinition definition;
    private readonly int shardCount;
    private readonly SymbolicHoldings holdings = new();
    private readonly SortedDictionary<ShardId, SymbolicShard> shards = [];
    private SymbolicCheckpoint? newest;

    public SymbolicHost(RunDefinition definition, int? shardCount = null)
    {
        this.definition = definition;
        this.shardCount = shardCount ?? definition.ShardCount ?? 1;
    }

    /// <summary>Exchanges of sums between shards in each update.</summary>
    public int Stages { get; init; }

    /// <summary>The update of this step makes weights that are not finite.</summary>
    public StepNumber? NonFiniteUpdate { get; init; }

    /// <summary>After so many exchanges.</summary>
    public int NonFiniteStage { get; init; }

    /// <summary>The loss of each version's evaluation blocks; where it is null, the loss follows from the weights.</summary>
    public Func<WeightVersion, double>? EvaluationLoss { get; init; }

    /// <summary>The loss of this step's first micro-batch is not finite.</summary>
    public StepNumber? NonFiniteLoss { get; init; }

    /// <summary>[shards] every update of each, in order.</summary>
    public IEnumerable<IReadOnlyList<AppliedStep>> Applied => shards.Values.Select(shard => shard.Applied);

    /// <summary>The hash of the version that the run leaves, as the coordinator holds it.</summary>
    public string FinalWeights(WeightVersion version) => Hash(WholeOf(ActorAddress.Coordinator, version));

    /// <summary>What anybody still holds: actor, and what it is.</summary>
    public IEnumerable<string> Held => holdings.Describe();

    /// <summary>The whole tree over M micro-batches, as the reduction must write it.</summary>
    public static string WholeTree(MiniBatchPartition partition) => Write(partition.Root);

    public ComputeResult Execute(ActorAddress actor, ComputeEffect effect) => effect switch
    {
        InitializeWeights initialize => Initialize(actor, initialize.Shard),
        ComputeGradient compute => Compute(actor, compute),
        ReduceAndUpdate update => Begin(actor, update),
        ContinueUpdate update => Continue(actor, update),
        EvaluateBlocks evaluate => Evaluate(actor, evaluate),
        HashWeights hash => new WeightsHashed(hash.Version, Hash(WholeOf(actor, hash.Version))),
        SnapshotState snapshot => Snapshot(actor, snapshot),
        RestoreState restore => Restore(actor, restore),
        SaveCheckpoint save => Save(actor, save.Checkpoint),
        LoadCheckpoint load => Load(actor, load),
        _ => throw new InvalidOperationException($"unknown computation {effect}"),
    };

    public void Release(ActorAddress actor, ReleaseEffect effect)
    {
        if (effect is AbandonUpdate abandon)
        {
            shards[abandon.Shard].Abandon(abandon.Step);
            return;
        }

        holdings.Release(actor, effect);
    }

    public ActorMessage Transfer(ActorAddress sender, ActorAddress receiver, ActorMessage message)
    {
        switch (message)
        {
            case WeightsPublished published:
                holdings.Hold(receiver, PartOf(sender, published.Version, published.Shard));
                return published;
            case WeightsDelivered delivered:
                holdings.Hold(receiver, PartOf(sender, delivered.Version, delivered.Shard));
                return delivered;
            case StateDelivered delivered:
                holdings.Hold(receiver, holdings.StateOf(sender, delivered.Shard, delivered.State.Version));
                return delivered;
            case ResumeServing resume:
                holdings.Hold(receiver, holdings.StateOf(sender, resume.Shard, resume.State.Version));
                return resume;
            case Contribution contribution:
                return contribution with { Gradient = holdings.Hold(receiver, holdings.GradientOf(sender, contribution.Gradient)) };
            default:
                throw new InvalidOperationException($"{message} carries no tensors");
        }
    }

    public void Forget(ActorAddress actor) => holdings.Forget(actor, keepsNewestOf: actor.Role == ActorRole.Coordinator ? shardCount : 0);

    private IEnumerable<int> ChunksOf(ShardId shard) => Enumerable.Range(0, ChunkCount).Where(chunk => chunk % shardCount == shard.Value);

    private SymbolicPart PartOf(ActorAddress actor, WeightVersion version, ShardId shard) => holdings.PartOf(actor, version, shard);

    /// <summary>Every chunk of a version of which the actor holds every shard's part.</summary>
    private string[] WholeOf(ActorAddress actor, WeightVersion version)
    {
        var parts = Enumerable.Range(0, shardCount).Select(shard => PartOf(actor, version, new ShardId(shard))).ToArray();
        return [.. Enumerable.Range(0, ChunkCount).Select(chunk => parts[chunk % shardCount].Chunks[chunk])];
    }

    private WeightsInitialized Initialize(ActorAddress actor, ShardId shard)
    {
        shards[shard] = new SymbolicShard(ChunksOf(shard).ToDictionary(chunk => chunk, _ => "fresh"));
        holdings.Hold(actor, new SymbolicPart(default, shard, ChunksOf(shard).ToDictionary(chunk => chunk, chunk => $"w0[{chunk}]")));
        return new WeightsInitialized(default);
    }

    private GradientComputed Compute(ActorAddress actor, ComputeGradient compute)
    {
        var batch = compute.MiniBatch;
        var on = WholeOf(actor, batch.Step.Reads);
        var nodes = TreeNode.Cover(compute.Range.First, compute.Range.End)
            .Select(node => new ComputedNode(node, holdings.Hold(actor, new SymbolicGradient(batch, on, node, Write(node))), StatisticsOf(batch, node)));
        return new GradientComputed(batch.Step, compute.Range, [.. nodes], 0);
    }

    private NodeStatistics StatisticsOf(MiniBatch batch, TreeNode node)
    {
        if (node.Level > 0)
        {
            return NodeStatistics.Add(
                StatisticsOf(batch, new TreeNode(node.Level - 1, node.Index * 2)), StatisticsOf(batch, new TreeNode(node.Level - 1, (node.Index * 2) + 1)));
        }

        var samples = batch.Partition.SamplesOf(node);

        // Thirds are rounded, so a sum in another order would show in the last bits.
        var loss = batch.Step == NonFiniteLoss && node.Index == 0 ? double.NaN : (batch.FirstPosition + node.Index + 1) / 3.0;
        return new NodeStatistics(loss, (samples + node.Index) / 2, samples);
    }

    private ComputeResult Begin(ActorAddress actor, ReduceAndUpdate update)
    {
        var step = update.MiniBatch.Step;
        var old = PartOf(actor, step.Reads, update.Shard);
        var held = update.Nodes.Select(node => holdings.GradientOf(actor, node.Gradient)).ToList();
        if (held.Any(gradient => gradient.MiniBatch != update.MiniBatch || old.Chunks.Any(chunk => gradient.ComputedOn[chunk.Key] != chunk.Value)))
        {
            throw new InvalidOperationException($"step {step} adds gradients of another step or of other weights");
        }

        var sum = Fold(update.MiniBatch.Partition.Root, held.ToDictionary(gradient => gradient.Node));
        shards[update.Shard].Begin(new SymbolicUpdate(update, old, sum));
        return Stage(actor, update.Shard);
    }

    private ComputeResult Continue(ActorAddress actor, ContinueUpdate go)
    {
        var update = shards[go.Shard].Running!;
        if (update.Effect.MiniBatch.Step != go.Step || update.Norms.Count != go.Stage || go.Squares.Length != shardCount)
        {
            throw new InvalidOperationException($"{go} does not fit stage {update.Norms.Count} of {update.Effect.MiniBatch}");
        }

        // In the order of all chunks, whatever the number of shards.
        update.Norms.Add(string.Join(' ', Enumerable.Range(0, ChunkCount).Select(chunk => Text(go.Squares[chunk % shardCount][chunk / shardCount].Update))));
        return Stage(actor, go.Shard);
    }

    private ComputeResult Stage(ActorAddress actor, ShardId shard)
    {
        var update = shards[shard].Running!;
        var step = update.Effect.MiniBatch.Step;
        while (!IsBroken(update, shard) && update.Norms.Count < Stages)
        {
            ImmutableArray<StageSquares> squares = [.. update.Old.Chunks.Select(chunk => new StageSquares(Square($"{chunk.Value} {update.Sum} {string.Join('|', update.Norms)}"), 0))];
            if (shardCount > 1)
            {
                return new UpdateStaged(step, update.Norms.Count, squares);
            }

            update.Norms.Add(string.Join(' ', squares.Select(square => Text(square.Update))));
        }

        var made = shards[shard].Complete(update);
        holdings.Hold(actor, new SymbolicPart(step.Makes, shard, made));
        return new UpdateApplied(step, IsBroken(update, shard) ? NonFiniteChunk : null);
    }

    private bool IsBroken(SymbolicUpdate update, ShardId shard) =>
        update.Effect.MiniBatch.Step == NonFiniteUpdate && shard.Value == NonFiniteChunk % shardCount && update.Norms.Count >= NonFiniteStage;

    private StateSnapshotted Snapshot(ActorAddress actor, SnapshotState snapshot)
    {
        var state = shards[snapshot.Shard].Optimizer.ToDictionary();
        holdings.Hold(actor, new SymbolicState(snapshot.Shard, snapshot.Version, PartOf(actor, snapshot.Version, snapshot.Shard), state));
        return new StateSnapshotted(snapshot.Version, [snapshot.Version.Value / 3.0]);
    }

    private WeightsInitialized Restore(ActorAddress actor, RestoreState restore)
    {
        var version = restore.State.Version;
        var state = holdings.StateOf(actor, restore.Shard, version);
        if (!restore.State.Scalars.SequenceEqual([version.Value / 3.0]))
        {
            throw new InvalidOperationException($"the scalars of {restore} are not those that were set aside");
        }

        // What comes after the state that was set aside is made again.
        shards[restore.Shard] = new SymbolicShard(state.Optimizer.ToDictionary(), [.. shards[restore.Shard].Applied.Take((int)version.Value)]);
        holdings.Hold(actor, state.Weights);
        return new WeightsInitialized(version);
    }

    private CheckpointSaved Save(ActorAddress actor, Checkpoint checkpoint)
    {
        var version = checkpoint.Step.Makes;
        var of = Enumerable.Range(0, shardCount).Select(shard => new ShardId(shard)).ToArray();
        var states = of.Select(shard => holdings.StateOf(actor, shard, version));
        var best = checkpoint.Coordinator.Decisions.Best is { } epoch ? of.Select(shard => PartOf(actor, epoch.Version, shard)) : [];
        newest = new SymbolicCheckpoint(checkpoint, [.. states], [.. best]);
        return new CheckpointSaved(checkpoint.Step, null, 0);
    }

    private CheckpointLoaded Load(ActorAddress actor, LoadCheckpoint load)
    {
        if (load.ShardCount != shardCount)
        {
            throw new InvalidOperationException($"{load} cuts the state anew");
        }

        foreach (var state in newest?.States ?? [])
        {
            holdings.Hold(actor, state);
        }

        foreach (var part in newest?.Best ?? [])
        {
            holdings.Hold(actor, part);
        }

        return new CheckpointLoaded(newest?.Checkpoint, []);
    }

    private BlocksEvaluated Evaluate(ActorAddress actor, EvaluateBlocks evaluate)
    {
        var on = Hash(WholeOf(actor, evaluate.Version));
        var blocks = Enumerable.Range(evaluate.Blocks.First, evaluate.Blocks.Count).Select(block =>
        {
            var samples = Math.Min(definition.EvaluationBlockSize, definition.SampleCountOf(evaluate.Split) - (block * definition.EvaluationBlockSize));
            return new BlockResult(block, EvaluationLoss is { } loss ? loss(evaluate.Version) * samples : (on[^1] + block) / 7.0, samples / 2, samples);
        });
        return new BlocksEvaluated(evaluate.Version, evaluate.Split, evaluate.Blocks, [.. blocks]);
    }

    private static string Write(TreeNode node) => node.Level == 0
        ? node.Index.ToString(CultureInfo.InvariantCulture)
        : $"({Write(new TreeNode(node.Level - 1, node.Index * 2))}+{Write(new TreeNode(node.Level - 1, (node.Index * 2) + 1))})";

    private static string Fold(TreeNode node, Dictionary<TreeNode, SymbolicGradient> held) => held.TryGetValue(node, out var gradient)
        ? gradient.Sum
        : $"({Fold(new TreeNode(node.Level - 1, node.Index * 2), held)}+{Fold(new TreeNode(node.Level - 1, (node.Index * 2) + 1), held)})";

    private static string Hash(IEnumerable<string> chunks) => SymbolicShard.Digest(string.Join('\n', chunks));

    private static double Square(string of) => Convert.ToInt64(SymbolicShard.Digest(of)[..12], 16) / 3.0;

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
