using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Hosting;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Runtime.Cluster;

/// <summary>What of a run is in one process of a cluster: its actors, and the engine that computes for them.</summary>
internal sealed class LocalProcess : IDisposable
{
    /// <param name="threads">On which engine work runs; a worker may have helpers of its own besides.</param>
    /// <param name="recovery">Of the coordinator, where it is here; null where the run does not outlive it, and in other processes.</param>
    public LocalProcess(
        TrainingDefinition definition, IEngine engine, int threads, Action<ActorAddress, ActorAddress, ActorMessage> routeElsewhere, Action<Effect> handleEffect, RunRecovery? recovery = null)
    {
        Definition = definition.ToRunDefinition(engine.ArithmeticId, recovery);
        Host = new EngineComputeHost(definition, engine, Definition.EvaluationBlockSize) { Checkpoints = recovery?.Checkpoints };
        Actors = new LocalActors(Host, threads, spins: false, failsAtStandstill: false)
        {
            RouteElsewhere = routeElsewhere,
            HandleEffect = handleEffect,
            Computed = Meter.Add,
            Journal = recovery.WriteDown,
        };
    }

    public RunDefinition Definition { get; }

    public string Arithmetic => Definition.Arithmetic;

    public EngineComputeHost Host { get; }

    public LocalActors Actors { get; }

    /// <summary>Of this process's worker.</summary>
    public WorkMeter Meter { get; } = new();

    public void Dispose()
    {
        Actors.Dispose();
        Host.Dispose();
    }
}
