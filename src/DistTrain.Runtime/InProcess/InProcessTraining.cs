using DistTrain.Learning.Engines;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.InProcess;

namespace DistTrain.Runtime;

/// <summary>Trains with all actors in this process: a coordinator, a parameter server, and workers with a thread each.</summary>
public static class InProcessTraining
{
    /// <summary>Runs until the training has ended, and returns how.</summary>
    /// <param name="definition">What to train.</param>
    /// <param name="engine">The kernels.</param>
    /// <param name="listener">Called on this thread, in order.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    public static TrainingResult Run(TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(listener);
        var run = definition.ToRunDefinition(engine.ArithmeticId);
        using var host = new EngineComputeHost(definition, engine, run.EvaluationBlockSize);
        using var runtime = new InProcessRuntime(host, TrainingActors.Create(run), definition.ThreadsPerWorker);
        using var registration = cancellation.Register(runtime.RequestStop);
        var ended = runtime.Run(listener);
        return TrainingEvents.Result(definition, ended, host.CopyWeights(ended.Version));
    }
}
