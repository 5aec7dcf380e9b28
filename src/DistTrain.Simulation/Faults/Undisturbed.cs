using System.Collections.Concurrent;
using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;

namespace DistTrain.Simulation.Faults;

/// <summary>What a training gives that nothing happens to, with one worker and one shard in one process: all that a disturbed one is held to.</summary>
/// <param name="Reports">[epochs].</param>
/// <param name="Weights">[versions] flat, as the layout has them.</param>
/// <param name="Plans">[steps] what each was made of, and its learning rate; entry 0 is nothing.</param>
public sealed record Undisturbed(ImmutableArray<EpochReport> Reports, RunEnded Ending, ImmutableArray<ReadOnlyMemory<float>> Weights, ImmutableArray<(MiniBatch MiniBatch, double Rate)> Plans)
{
    private static readonly ConcurrentDictionary<TinyTraining, Undisturbed> Known = new();

    /// <summary>Runs the training, or remembers it.</summary>
    public static Undisturbed Of(TinyTraining training, IEngine engine) => Known.GetOrAdd(training, static (training, engine) => Run(training, engine), engine);

    private static Undisturbed Run(TinyTraining training, IEngine engine)
    {
        var definition = training.Define(workers: 1, shards: 1);
        var run = TinyTraining.ToRun(definition, engine.ArithmeticId.Value);
        using var host = new EngineComputeHost(definition, engine, run.EvaluationBlockSize);
        var weights = new List<ReadOnlyMemory<float>>();
        var plans = new List<(MiniBatch, double)> { default };
        var scenario = new Scenario { Definition = run, Workers = [new SimulatedWorker(new WorkerId(1))], Seed = 1 };
        var result = DeterministicRun.Execute(scenario, host, delivery =>
        {
            plans.AddRange(delivery.Effects.OfType<ReduceAndUpdate>().Select(update => (update.MiniBatch, update.LearningRate)));
            if (delivery.Message is WeightsInitialized or UpdateApplied)
            {
                weights.Add(Copy(host, new Header(run.Term, new Incarnation(1), default), new WeightVersion(weights.Count)));
            }
        });
        return new Undisturbed(result.Reports, result.Ending!, [.. weights], [.. plans]);
    }

    private static ReadOnlyMemory<float> Copy(EngineComputeHost host, Header header, WeightVersion version)
    {
        var flat = new float[TinyTraining.Layout.BufferLength];
        using var held = host.Hold(ActorAddress.Of(new ShardId(0)), new WeightsPublished(header, new ShardId(0), version));
        foreach (var (segment, sent) in ShardCut.Create(TinyTraining.Layout, 1).SegmentsOf(0).Zip(held.Segments))
        {
            sent.Span.CopyTo(flat.AsSpan(segment.Offset));
        }

        return flat;
    }
}
