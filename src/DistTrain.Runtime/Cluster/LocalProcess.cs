using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Hosting;

namespace DistTrain.Runtime.Cluster;

/// <summary>What of a run is in one process of a cluster: its actors, and the engine that computes for them.</summary>
internal sealed class LocalProcess : IDisposable
{
    public LocalProcess(TrainingDefinition definition, IEngine engine, Action<ActorAddress, ActorAddress, ActorMessage> routeElsewhere, Action<Effect> handleEffect)
    {
        Definition = definition.ToRunDefinition(engine.ArithmeticId);
        Host = new EngineComputeHost(definition, engine, Definition.EvaluationBlockSize);
        Actors = new LocalActors(Host, definition.ThreadsPerWorker, spins: false, failsAtStandstill: false) { RouteElsewhere = routeElsewhere, HandleEffect = handleEffect };
    }

    public RunDefinition Definition { get; }

    public string Arithmetic => Definition.Arithmetic;

    public EngineComputeHost Host { get; }

    public LocalActors Actors { get; }

    public void Dispose()
    {
        Actors.Dispose();
        Host.Dispose();
    }
}
