using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Runtime.Compute;

/// <summary>
/// The tensors of all actors of one process, and a real engine. Weights and gradients are handed from actor to actor by holding the same buffer. Calls for different
/// actors may run side by side; calls for one actor come one at a time.
/// </summary>
public sealed class EngineComputeHost : IComputeHost, IDisposable
{
    private readonly TrainingDefinition definition;
    private readonly IEngine engine;
    private readonly int evaluationBlockSize;
    private readonly ComputePlan plan;
    private readonly WeightVersions weights;
    private readonly GradientBuffers gradients;
    private readonly EpochOrders orders;
    private readonly ServerCompute server;
    private readonly Holdings holdings;
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
        server = new ServerCompute(definition, engine, weights, gradients);
        holdings = new Holdings(weights, gradients);
    }

    /// <summary>Of the model.</summary>
    public ParameterLayout Layout => definition.Graph.Layout;

    /// <summary>Weight buffers and gradient buffers made so far.</summary>
    public (int Weights, int Gradients) BufferCounts => (weights.BufferCount, gradients.BufferCount);

    public ComputeResult Execute(ActorAddress actor, ComputeEffect effect)
    {
        ComputeResult result = effect switch
        {
            ComputeGradient gradient => Worker(actor).Compute(gradient),
            EvaluateBlocks blocks => Worker(actor).Evaluate(blocks, evaluationBlockSize),
            InitializeWeights => server.Initialize(),
            HashWeights hash => server.Hash(hash.Version),
            ReduceAndUpdate update => RunAllParts(server.Begin(update)),
            _ => throw new InvalidOperationException($"no engine work is known for {effect?.GetType().Name}"),
        };
        holdings.Record(actor, result);
        return result;
    }

    public void Release(ActorAddress actor, ReleaseEffect effect) => holdings.Release(actor, effect);

    public ActorMessage Transfer(ActorAddress sender, ActorAddress receiver, ActorMessage message)
    {
        holdings.Share(receiver, message);
        return message;
    }

    public void Forget(ActorAddress actor)
    {
        WorkerCompute? worker;
        lock (gate)
        {
            workers.Remove(actor, out worker);
        }

        worker?.Dispose();

        // The coordinator's newest version is the run's result, and outlives the coordinator.
        holdings.ReleaseAll(actor, keepsNewestVersion: actor.Role == ActorRole.Coordinator);
    }

    /// <summary>Ends the threads of workers that have not been forgotten.</summary>
    public void Dispose()
    {
        foreach (var worker in workers.Values)
        {
            worker.Dispose();
        }
    }

    /// <summary>Gathers samples ahead of the computation that will want them. Counts as a call for the actor.</summary>
    internal void Prepare(ActorAddress actor, PrepareSamples prepare) => Worker(actor).Prepare(prepare.MiniBatch, prepare.Range);

    /// <summary>A copy of a version's flat weights.</summary>
    public TensorBuffer CopyWeights(WeightVersion version)
    {
        using var lease = weights.Read(version);
        var copy = new TensorBuffer(lease.Weights.Length);
        lease.Weights.Span.CopyTo(copy.Span);
        return copy;
    }

    /// <summary>The same work as <see cref="Execute"/>, for a runtime that shares its parts out among threads; it ends with <see cref="Complete"/>.</summary>
    internal StepUpdate Begin(ReduceAndUpdate effect) => server.Begin(effect);

    internal UpdateApplied Complete(ActorAddress actor, StepUpdate update)
    {
        var applied = update.Complete();
        holdings.Record(actor, applied);
        return applied;
    }

    private static UpdateApplied RunAllParts(StepUpdate update)
    {
        do
        {
            for (var part = 0; part < update.PartCount; part++)
            {
                update.RunPart(part);
            }
        }
        while (update.EndStage());

        return update.Complete();
    }

    private WorkerCompute Worker(ActorAddress actor)
    {
        lock (gate)
        {
            if (!workers.TryGetValue(actor, out var worker))
            {
                worker = new WorkerCompute(definition, engine, weights, gradients, orders, plan);
                workers.Add(actor, worker);
            }

            return worker;
        }
    }
}
