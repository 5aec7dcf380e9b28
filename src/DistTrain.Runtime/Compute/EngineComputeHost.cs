using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// The tensors of all actors of one process, and a real engine. Weights and gradients are handed from actor to actor by holding the same buffer, and travel from and to
/// other processes in it. Calls for different actors may run side by side; calls for one actor come one at a time.
/// </summary>
public sealed class EngineComputeHost : IComputeHost, ITensorStore, IDisposable
{
    private readonly TrainingDefinition definition;
    private readonly IEngine engine;
    private readonly int evaluationBlockSize;
    private readonly ComputePlan plan;
    private readonly WeightVersions weights;
    private readonly GradientBuffers gradients;
    private readonly EpochOrders orders;
    private readonly Holdings holdings;
    private readonly ServerCompute server;
    private readonly TensorStore store;
    private readonly object gate = new();
    private readonly Dictionary<ActorAddress, WorkerCompute> workers = [];

    /// <exception cref="InvalidInputException">The memory that a worker may use is too small.</exception>
    public EngineComputeHost(TrainingDefinition definition, IEngine engine, int evaluationBlockSize)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(engine);
        this.definition = definition;
        this.engine = engine;
        this.evaluationBlockSize = evaluationBlockSize;
        plan = ComputePlan.Create(definition, engine);
        weights = new WeightVersions(definition.Graph.Layout.BufferLength);
        gradients = new GradientBuffers(definition.Graph.Layout.BufferLength);
        orders = new EpochOrders(definition.Seed, definition.Train.Count);
        holdings = new Holdings(weights, gradients);
        server = new ServerCompute(definition, engine, weights, gradients, holdings);
        var microBatches = ComputePlan.LargestMicroBatchCount(definition);
        store = new TensorStore(server, weights, gradients, holdings, definition.Optimizer.Tensors.Length, microBatches, TensorLimits.For(microBatches));
    }

    /// <summary>Where the coordinator's checkpoints are; null in processes without the coordinator, and for runs that take none.</summary>
    public CheckpointStore? Checkpoints { get; init; }

    /// <summary>Of the model.</summary>
    public ParameterLayout Layout => definition.Graph.Layout;

    /// <summary>Weight buffers and gradient buffers made so far.</summary>
    public (int Weights, int Gradients) BufferCounts => (weights.BufferCount, gradients.BufferCount);

    /// <summary>Weight versions, gradient nodes and states that exist here, because somebody holds, reads, writes or sends them.</summary>
    internal (int Versions, int Gradients, int States) Existing => (weights.Count, gradients.Count, holdings.TotalStates);

    /// <summary>Says how many shards the weights are cut into, wherever they live: one, as long as nothing is said. To be called before the first of them begins, or is heard of, here.</summary>
    public void Place(int shardCount) => server.Place(shardCount);

    public ComputeResult Execute(ActorAddress actor, ComputeEffect effect) => effect switch
    {
        ReduceAndUpdate update => RunAllParts(actor, server.Begin(update)),
        ContinueUpdate update => RunAllParts(actor, server.Continue(update)),
        _ => Begin(actor, effect)(),
    };

    public void Release(ActorAddress actor, ReleaseEffect effect)
    {
        if (effect is AbandonUpdate abandon)
        {
            server.Abandon(abandon);
        }
        else
        {
            holdings.Release(actor, effect, ServedBy(actor));
        }
    }

    public ActorMessage Transfer(ActorAddress sender, ActorAddress receiver, ActorMessage message)
    {
        holdings.Share(sender, receiver, message);
        return message;
    }

    /// <summary>Lets go of what a message carries that was handed to <see cref="Transfer"/>, or completed, and finds no receiver.</summary>
    internal void Discard(ActorAddress receiver, ActorMessage message) => holdings.Discard(receiver, message);

    public IOutgoingTensors Hold(ActorAddress sender, ActorMessage message) => store.Hold(sender, message);

    public IIncomingTensors Open(ActorAddress receiver, TensorKey key) => store.Open(receiver, key);

    /// <inheritdoc cref="Compute.Holdings.Holds"/>
    public bool Holds(ActorAddress receiver, Message message) => holdings.Holds(receiver, message);

    public void Forget(ActorAddress actor)
    {
        WorkerCompute? worker;
        lock (gate)
        {
            workers.Remove(actor, out worker);
        }

        worker?.Dispose();
        var served = ServedBy(actor);
        if (actor.Role == ActorRole.ParameterServer)
        {
            server.Forget(new ShardId(actor.Number));
        }

        // The coordinator's newest whole version is the run's result, and outlives the coordinator.
        holdings.ReleaseAll(actor, key => actor.Role == ActorRole.Coordinator && weights.IsWhole(key, server.Cut.ShardCount), served);
    }

    private Incarnation? ServedBy(ActorAddress actor) => actor.Role == ActorRole.ParameterServer ? server.Served(new ShardId(actor.Number)) : null;

    /// <summary>Ends the threads of workers that have not been forgotten.</summary>
    public void Dispose()
    {
        foreach (var worker in workers.Values)
        {
            worker.Dispose();
        }
    }

    /// <summary>A copy of a version's flat weights, which the coordinator holds.</summary>
    public TensorBuffer CopyWeights(WeightVersion version)
    {
        using var lease = ReadWhole(ActorAddress.Coordinator, version);
        var copy = new TensorBuffer(lease.Weights.Length);
        lease.Weights.Span.CopyTo(copy.Span);
        return copy;
    }

    /// <summary>Gathers samples ahead of the computation that will want them. Counts as a call for the actor.</summary>
    internal void Prepare(ActorAddress actor, PrepareSamples prepare) => Worker(actor).Prepare(prepare.MiniBatch, prepare.Range);

    /// <summary>
    /// Anything but an update, for a runtime that does the work elsewhere: takes what the work is going to read, so that it stays as it is whatever the actor lets go of meanwhile, and
    /// gives the work, which is to be done once.
    /// </summary>
    internal Func<ComputeResult> Begin(ActorAddress actor, ComputeEffect effect)
    {
        switch (effect)
        {
            case ComputeGradient gradient:
                return Reading(actor, gradient.MiniBatch.Step.Reads, version => Compute(actor, gradient, version));
            case EvaluateBlocks blocks:
                return Reading(actor, blocks.Version, version => Worker(actor).Evaluate(blocks, version, evaluationBlockSize));
            case HashWeights hash:
                return Reading(actor, hash.Version, version => new WeightsHashed(hash.Version, WeightsHash.Compute(Layout, version)));
            case InitializeWeights initialize:
                return () => server.Initialize(actor, initialize);
            case SnapshotState snapshot:
                return () => server.Snapshot(actor, snapshot);
            case RestoreState restore:
                return () => server.Restore(actor, restore);
            case SaveCheckpoint save:
                return CheckpointWork().Begin(actor, save);
            case LoadCheckpoint load:
                return () => CheckpointWork().Load(actor, load);
            default:
                throw new InvalidOperationException($"no engine work is known for {effect?.GetType().Name}");
        }
    }

    /// <summary>An update, for a runtime that shares its parts out among threads; it ends with <see cref="Complete"/>.</summary>
    internal StepUpdate Begin(ReduceAndUpdate effect) => server.Begin(effect);

    /// <summary>An update that waited for the other shards' sums; likewise.</summary>
    internal StepUpdate Continue(ContinueUpdate effect) => server.Continue(effect);

    internal ComputeResult Complete(ActorAddress actor, StepUpdate update) => server.Complete(actor, update);

    private CheckpointCompute CheckpointWork() =>
        new(Checkpoints ?? throw new InvalidOperationException("a checkpoint is to be written or read, but there is no place for them"), server, weights, holdings);

    private GradientComputed Compute(ActorAddress actor, ComputeGradient effect, TensorBuffer version)
    {
        var computed = Worker(actor).Compute(effect, version);
        foreach (var node in computed.Nodes)
        {
            holdings.Add(actor, node.Gradient);
        }

        return computed;
    }

    private ComputeResult RunAllParts(ActorAddress actor, StepUpdate update)
    {
        do
        {
            for (var part = 0; part < update.PartCount; part++)
            {
                update.RunPart(part);
            }
        }
        while (update.EndStage());

        return server.Complete(actor, update);
    }

    private Func<ComputeResult> Reading(ActorAddress actor, WeightVersion version, Func<TensorBuffer, ComputeResult> work)
    {
        var lease = ReadWhole(actor, version);
        return () =>
        {
            using (lease)
            {
                return work(lease.Weights);
            }
        };
    }

    private WeightVersions.Lease ReadWhole(ActorAddress actor, WeightVersion version) => weights.ReadWhole(holdings.Version(actor, version), server.Cut.ShardCount);

    private WorkerCompute Worker(ActorAddress actor)
    {
        lock (gate)
        {
            if (!workers.TryGetValue(actor, out var worker))
            {
                worker = new WorkerCompute(definition, engine, gradients, orders, plan);
                workers.Add(actor, worker);
            }

            return worker;
        }
    }
}
