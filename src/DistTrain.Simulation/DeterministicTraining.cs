using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Runtime;
using DistTrain.Runtime.Compute;

namespace DistTrain.Simulation;

/// <summary>
/// A real training under virtual time: real data and a real engine, one thread, message delays and worker speeds drawn from the run's seed. It gives the bits of every
/// other runtime, and the same order of messages every time.
/// </summary>
public static class DeterministicTraining
{
    private const long FastestMicrosecondsPerSample = 10;

    /// <summary>Runs until the training has ended, and returns how. Workers differ in speed: worker k takes k times as long as worker 1, up to four times.</summary>
    /// <param name="definition">What to train.</param>
    /// <param name="engine">The kernels.</param>
    /// <param name="listener">Called on this thread, in order. Times in its events are virtual.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    public static TrainingResult Run(TrainingDefinition definition, IEngine engine, Action<TrainingEvent> listener, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(listener);
        var run = definition.ToRunDefinition(engine.ArithmeticId);
        using var host = new EngineComputeHost(definition, engine, run.EvaluationBlockSize);
        host.Place(run.ShardCount ?? 1);
        var scenario = new Scenario
        {
            Definition = run,
            Workers = [.. Enumerable.Range(1, run.WorkerCount).Select(Worker)],
            Seed = definition.Seed,
            MaximumDeliveries = long.MaxValue,
        };
        var result = DeterministicRun.Execute(scenario, host, delivery => Tell(delivery.Effects, host.Layout, listener), cancellation: cancellation);
        var ended = result.Ending ?? throw new InvalidOperationException("the actors came to rest without ending the run");
        return TrainingEvents.Result(definition, ended, host.CopyWeights(ended.Version));
    }

    private static SimulatedWorker Worker(int number) => new(new WorkerId(number), FastestMicrosecondsPerSample * Math.Min(number, 4));

    private static void Tell(ImmutableArray<Effect> effects, ParameterLayout layout, Action<TrainingEvent> listener)
    {
        foreach (var effect in effects)
        {
            if (effect is Announce { Announcement: not RunEnded } announce)
            {
                listener(TrainingEvents.Translate(announce.Announcement, layout));
            }
        }
    }
}
