using System.Diagnostics;
using System.Globalization;
using DistTrain.Actors;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Storage;

namespace DistTrain.Benchmarks;

/// <summary>
/// What a checkpoint is made of, without a training around it: the copy of a shard's state, for which the next update waits; writing it; and reading it again. One JSON line for each model, medians.
/// </summary>
internal static class QuickCheckpoint
{
    private const int Rounds = 7;
    private static readonly string[] Usual = ["mlp:64", "cnn", "mlp:4096,4096"];

    public static int Run(string[] models)
    {
        foreach (var model in models.Length == 0 ? Usual : models)
        {
            Measure(model);
        }

        return 0;
    }

    private static void Measure(string model)
    {
        var definition = Define(model);
        var folder = Directory.CreateTempSubdirectory("disttrain-bench-").FullName;
        try
        {
            var store = new CheckpointStore(new FileStorage(folder), new RunIdentity("bench", "none", "none"), definition.Graph.Layout, definition.Optimizer);
            using var host = new EngineComputeHost(definition, new SimdEngine(), 1) { Checkpoints = store };
            var shard = new ShardId(0);
            var server = ActorAddress.Of(shard);
            host.Execute(server, new InitializeWeights(shard));
            var (copies, saves, loads) = (new double[Rounds], new double[Rounds], new double[Rounds]);
            for (var round = 0; round < Rounds; round++)
            {
                // Of another incarnation each time, so that each is written anew.
                var incarnation = new Incarnation(round + 1);
                ServerState? state = null;
                copies[round] = Milliseconds(() => state = new ServerState(default, ((StateSnapshotted)host.Execute(server, new SnapshotState(shard, default))).Scalars, [], 0));
                host.Transfer(server, ActorAddress.Coordinator, new StateDelivered(new Header(default, incarnation, default), shard, state!));
                host.Release(server, new DropSnapshot(default));
                saves[round] = Milliseconds(() => Save(host, state!));
                host.Release(ActorAddress.Coordinator, new DropSnapshot(default));
                loads[round] = Milliseconds(() => host.Execute(ActorAddress.Coordinator, new LoadCheckpoint(1, incarnation)));
                host.Release(ActorAddress.Coordinator, new DropSnapshot(default));
                Directory.Delete(Path.Combine(folder, "checkpoints"), recursive: true);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $$"""{"model": "{{model}}", "parameters": {{definition.Graph.Layout.ParameterCount}}, "copy_ms": {{Median(copies):F2}}, "save_ms": {{Median(saves):F1}}, "load_ms": {{Median(loads):F1}}}"""));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Save(EngineComputeHost host, ServerState state)
    {
        var decisions = new TrainingDecisions(new EpochSettings(1, new StepNumber(1), 1, 1), default, default, null);
        var checkpoint = new Checkpoint(new CoordinatorState(default, decisions, 0, null, 0), state);
        if (((CheckpointSaved)host.Execute(ActorAddress.Coordinator, new SaveCheckpoint(checkpoint))).Failure is { } failure)
        {
            throw new IOException(failure);
        }
    }

    private static double Milliseconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);

    private static TrainingDefinition Define(string model) => new()
    {
        Graph = ModelSpecification.Parse(model).Build(new TensorShape(28, 28), 10),
        Loss = new SoftmaxCrossEntropyLoss(),
        Optimizer = OptimizerChain.Create("momentum", new OptimizerSettings()),
        Schedule = new ConstantSchedule(),
        LearningRate = 0.1,
        Seed = 1,
        BatchSize = 1,
        MicroBatchCount = null,
        Epochs = 1,
        WorkerCount = 1,
        Train = new SampleSet(new TensorShape(28, 28), new float[784], new ClassLabels(new int[1], [.. Enumerable.Range(0, 10).Select(label => label.ToString(CultureInfo.InvariantCulture))])),
        Test = null,
    };
}
