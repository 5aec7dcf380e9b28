using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Hosting;
using DistTrain.Runtime.Recovery;

namespace DistTrain.Runtime;

/// <summary>Trains with all actors in this process: a coordinator, the shards of a parameter server, and workers with a thread each.</summary>
public static class InProcessTraining
{
    /// <summary>Runs until the training has ended, and returns how.</summary>
    /// <param name="definition">What to train.</param>
    /// <param name="engine">The kernels.</param>
    /// <param name="listener">Called on this thread, in order.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    /// <param name="recovery">Where the run leaves what another process can go on from, and what it goes on from itself; null for a run that ends with this process.</param>
    /// <exception cref="SupersededException">Another coordinator has taken the run over.</exception>
    /// <exception cref="RunDirectory.RunDirectoryException">The journal cannot be written.</exception>
    public static TrainingResult Run(TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation, RunRecovery? recovery = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(listener);
        var run = definition.ToRunDefinition(engine.ArithmeticId, recovery);
        var past = recovery?.Journal.Past;
        using var host = new EngineComputeHost(definition, engine, run.EvaluationBlockSize) { Checkpoints = recovery?.Checkpoints };
        var spins = (long)run.WorkerCount * definition.ThreadsPerWorker <= Environment.ProcessorCount;
        LocalActors? runtime = null;
        using var actors = runtime = new LocalActors(host, run.WorkerCount, spins, failsAtStandstill: true) { HandleEffect = effect => PlaceHere(runtime!, effect), Journal = recovery.WriteDown };
        actors.Add(TrainingActors.Create(run, past));
        using var registration = cancellation.Register(() => actors.Post(ActorAddress.Coordinator, new StopRequested()));
        var ended = actors.Listen(listener) ?? throw new InvalidOperationException("the run ended without saying how");
        return TrainingEvents.Result(definition, ended, host.CopyWeights(ended.Version));
    }

    private static void PlaceHere(LocalActors actors, Effect effect)
    {
        if (effect is PlaceShards placed)
        {
            actors.Place(placed.Map);
            actors.Add(placed.Map.Shards.Select(shard => new ParameterServerActor(shard)));
        }
    }
}
