using System.Globalization;
using DistTrain.Actors;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;
using DistTrain.Runtime.Tests.Support;
using DistTrain.Simulation;

namespace DistTrain.Runtime.Tests.Recovery;

/// <summary>Checkpoints of real tensors: into any number of shards, and for other programs.</summary>
public sealed class CheckpointHostTests : IDisposable
{
    private static readonly WeightVersion Version = new(3);
    private static readonly ActorAddress Coordinator = ActorAddress.Coordinator;

    /// <summary>Tensors of one chunk and of several.</summary>
    private static readonly TrainingDefinition Definition = Define();

    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-checkpoint-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_checkpoint_loads_into_any_number_of_shards(int shardCount)
    {
        var first = new SimulatedDisk();
        var saved = SaveFresh(first, shardCount, isBest: true);
        foreach (var otherCount in new[] { 1, 2, 5 })
        {
            var second = new SimulatedDisk();
            using var host = Host(first, second);
            var incarnation = new Incarnation(4);
            var loaded = Assert.IsType<CheckpointLoaded>(host.Execute(Coordinator, new LoadCheckpoint(otherCount, incarnation)));
            Assert.Equal(saved.Coordinator.BestWeightsHash, loaded.Checkpoint?.Coordinator.BestWeightsHash);
            Assert.Empty(loaded.Refused);
            Restore(host, loaded.Checkpoint!, otherCount, incarnation);
            Assert.Equal(saved.Coordinator.BestWeightsHash, Assert.IsType<WeightsHashed>(host.Execute(Coordinator, new HashWeights(Version))).Hash);
            Deliver(host, otherCount, incarnation, loaded.Checkpoint!.Server.Scalars);
            Assert.Null(Assert.IsType<CheckpointSaved>(host.Execute(Coordinator, new SaveCheckpoint(loaded.Checkpoint))).Failure);
            foreach (var file in new[] { "weights.safetensors", "optimizer.safetensors", "ledger.msgpack" })
            {
                Assert.Equal(CheckpointScene.Read(first, "checkpoints/step-000000003-i1/" + file), CheckpointScene.Read(second, "checkpoints/step-000000003-i4/" + file));
            }

            // Whatever came with the checkpoint is let go of as if it had been delivered.
            for (var shard = 0; shard < otherCount; shard++)
            {
                host.Release(Coordinator, new DropWeights(Version));
            }

            host.Release(Coordinator, new DropSnapshot(Version));
            Assert.Throws<InvalidOperationException>(() => host.Release(Coordinator, new DropWeights(Version)));
        }
    }

    [Fact]
    public void What_is_being_written_stays_as_it_is_whatever_is_let_go_of()
    {
        var disk = new SimulatedDisk();
        using var host = Host(disk, disk);
        var checkpoint = Prepare(host, 2, isBest: false);
        var work = host.Begin(Coordinator, new SaveCheckpoint(checkpoint));
        host.Release(Coordinator, new DropSnapshot(Version));
        Assert.Null(Assert.IsType<CheckpointSaved>(work()).Failure);
        Assert.Equal(Version, Assert.IsType<CheckpointLoaded>(host.Execute(Coordinator, new LoadCheckpoint(2, new Incarnation(2)))).Checkpoint?.Server.Version);
    }

    [Fact]
    public void A_host_without_a_place_for_checkpoints_is_our_bug()
    {
        using var host = new EngineComputeHost(Definition, new SimdEngine(), 100);
        Assert.Throws<InvalidOperationException>(() => (object)host.Execute(Coordinator, new LoadCheckpoint(1, default)));
    }

    [Fact]
    public void The_weights_of_a_checkpoint_are_a_model_like_any_other()
    {
        var saved = SaveFresh(new FileStorage(folder), 2, isBest: false);
        var model = ModelFile.Read(Path.Combine(folder, "checkpoints/step-000000003-i1/weights.safetensors"));
        Assert.Equal(3, model.Step);
        Assert.Equal("kept", model.Attributes["note"]);
        Assert.Equal(model.WeightsHash, WeightsHash.Compute(model.Graph.Layout, model.Weights));
        Assert.Equal(Version, saved.Server.Version);
    }

    [PythonFact("json, struct", "python3")]
    public void Another_program_reads_the_tensors_by_the_published_layout()
    {
        var drawn = CheckpointScene.Draw(120, bestStep: 60);
        Assert.Null(CheckpointScene.Store(new FileStorage(folder)).Save(drawn));
        AssertReads("weights.safetensors", Lines([""], [drawn.Flat[0]]), "# weights-hash ");
        AssertReads("best.safetensors", Lines([""], [drawn.Best!]), "# step 60");
        var optimizer = CheckpointScene.Optimizer;
        AssertReads(
            "optimizer.safetensors",
            Lines([.. optimizer.Tensors.Select(tensor => tensor.Name + "/")], [.. drawn.Flat.Skip(1)]),
            string.Create(CultureInfo.InvariantCulture, $"# scalar/{optimizer.Scalars[0].Name} {drawn.Checkpoint.Server.Scalars[0]:R}"));
    }

    private void AssertReads(string file, IReadOnlyList<string> tensors, string metadata)
    {
        var lines = PythonProgram.Run("json, struct", "Recovery/read_safetensors.py", Path.Combine(folder, "checkpoints/step-000000120-i1", file)).Split('\n');
        Assert.Equal(tensors, lines.Take(tensors.Count));
        Assert.Contains(lines, line => line.StartsWith(metadata, StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> Lines(IReadOnlyList<string> prefixes, IReadOnlyList<TensorBuffer> sets) =>
        [.. prefixes.Zip(sets).SelectMany(set => CheckpointScene.Layout.Tensors.Select(tensor =>
        {
            var values = set.Second.Memory.Slice(tensor.Offset, tensor.Length).ToArray().Select(value => BitConverter.SingleToUInt32Bits(value).ToString("X8", CultureInfo.InvariantCulture));
            return $"{set.First}{tensor.Name} {string.Join('x', tensor.Shape.Dimensions)} {string.Join(' ', values)}";
        }))];

    private static Checkpoint SaveFresh(IStorage storage, int shardCount, bool isBest)
    {
        using var host = Host(storage, storage);
        var checkpoint = Prepare(host, shardCount, isBest);
        Assert.Null(Assert.IsType<CheckpointSaved>(host.Execute(Coordinator, new SaveCheckpoint(checkpoint))).Failure);
        return checkpoint;
    }

    /// <summary>Three steps, after which the coordinator holds every shard's state, and the weights.</summary>
    private static Checkpoint Prepare(EngineComputeHost host, int shardCount, bool isBest)
    {
        host.Place(shardCount);
        var incarnation = new Incarnation(1);
        var worker = ActorAddress.Of(new WorkerId(1));
        foreach (var shard in Shards(shardCount))
        {
            host.Execute(ActorAddress.Of(shard), new InitializeWeights(shard) { Incarnation = incarnation });
        }

        for (var step = 1; step <= Version.Value; step++)
        {
            Train(host, shardCount, incarnation, worker, new MiniBatch(new StepNumber(step), 1, 0, Definition.BatchSize, 8));
        }

        var scalars = Deliver(host, shardCount, incarnation, []);
        foreach (var shard in Shards(shardCount))
        {
            host.Transfer(ActorAddress.Of(shard), Coordinator, new WeightsDelivered(new Header(default, incarnation, default), shard, Version));
        }

        var hash = Assert.IsType<WeightsHashed>(host.Execute(Coordinator, new HashWeights(Version))).Hash;
        var decisions = new TrainingDecisions(new EpochSettings(1, new StepNumber(1), Definition.BatchSize, 1), default, default, isBest ? new BestEpoch(1, Version) : null);
        return new Checkpoint(
            new CoordinatorState(new StepNumber(Version.Value), decisions, 1, null, 0.5) { BestWeightsHash = isBest ? hash : null },
            new ServerState(Version, [.. scalars], [], 0));
    }

    private static void Train(EngineComputeHost host, int shardCount, Incarnation incarnation, ActorAddress worker, MiniBatch batch)
    {
        var header = new Header(default, incarnation, default);
        foreach (var shard in Shards(shardCount))
        {
            host.Transfer(ActorAddress.Of(shard), worker, new WeightsPublished(header, shard, batch.Step.Reads));
        }

        var computed = Assert.IsType<GradientComputed>(host.Execute(worker, new ComputeGradient(batch, new WorkRange(0, batch.MicroBatchCount))));
        foreach (var shard in Shards(shardCount))
        {
            var server = ActorAddress.Of(shard);
            Assert.IsType<UpdateApplied>(host.Execute(server, new ReduceAndUpdate(shard, batch, [.. computed.Nodes.Select(node => new HeldGradient(node.Node, node.Gradient))], 0.01)));
        }
    }

    /// <summary>Every shard's state to the coordinator; gives the optimizer's scalars.</summary>
    private static IReadOnlyList<double> Deliver(EngineComputeHost host, int shardCount, Incarnation incarnation, IReadOnlyList<double> scalars)
    {
        foreach (var shard in Shards(shardCount))
        {
            scalars = Assert.IsType<StateSnapshotted>(host.Execute(ActorAddress.Of(shard), new SnapshotState(shard, Version))).Scalars;
            host.Transfer(ActorAddress.Of(shard), Coordinator, new StateDelivered(new Header(default, incarnation, default), shard, new ServerState(Version, [.. scalars], [], 0)));
        }

        return scalars;
    }

    private static void Restore(EngineComputeHost host, Checkpoint checkpoint, int shardCount, Incarnation incarnation)
    {
        foreach (var shard in Shards(shardCount))
        {
            var state = checkpoint.StateOf(shard);
            host.Transfer(Coordinator, ActorAddress.Of(shard), new ResumeServing(new Header(default, incarnation, default), shard, new ShardMap(1, [.. new NodeId[shardCount]]), state));
            host.Execute(ActorAddress.Of(shard), new RestoreState(shard, state) { Incarnation = incarnation });
        }

        host.Release(Coordinator, new DropSnapshot(Version));
    }

    private static IEnumerable<ShardId> Shards(int count) => Enumerable.Range(0, count).Select(shard => new ShardId(shard));

    /// <summary>Loads from one storage and saves to another, where those differ.</summary>
    private static EngineComputeHost Host(IStorage from, IStorage to)
    {
        var stores = new[] { from, to }.Distinct().ToArray();
        if (stores.Length == 2)
        {
            Copy(from, to);
        }

        var store = new CheckpointStore(to, CheckpointScene.Run, Definition.Graph.Layout, Definition.Optimizer)
        {
            ModelOf = (weights, hash, step) => new TrainedModel
            {
                Specification = ModelSpecification.Parse("mlp:97,31"),
                Graph = Definition.Graph,
                Loss = Definition.Loss,
                Weights = weights,
                WeightsHash = hash,
                ArithmeticId = new ArithmeticId("test"),
                Step = step,
                Attributes = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("note", "kept"),
            },
        };
        return new EngineComputeHost(Definition, new SimdEngine(), 100) { Checkpoints = store };
    }

    private static void Copy(IStorage from, IStorage to)
    {
        foreach (var name in from.List("checkpoints"))
        {
            to.MakeFolder("checkpoints/" + name);
            foreach (var file in from.List("checkpoints/" + name))
            {
                CheckpointScene.Replace(to, $"checkpoints/{name}/{file}", CheckpointScene.Read(from, $"checkpoints/{name}/{file}"));
            }
        }
    }

    private static TrainingDefinition Define()
    {
        var shape = new TensorShape(19, 21);
        var random = new Random(1);
        float[] inputs = [.. Enumerable.Range(0, 61 * shape.ElementCount).Select(_ => (random.NextSingle() * 2) - 1)];
        int[] labels = [.. Enumerable.Range(0, 61).Select(_ => random.Next(10))];
        return new TrainingDefinition
        {
            Graph = ModelSpecification.Parse("mlp:97,31").Build(shape, 10),
            Loss = new SoftmaxCrossEntropyLoss(),
            Optimizer = OptimizerChain.Create("nadam", new OptimizerSettings()),
            Schedule = new ConstantSchedule(),
            LearningRate = 0.1,
            Seed = 3,
            BatchSize = 61,
            MicroBatchCount = 8,
            Epochs = 1,
            WorkerCount = 1,
            Train = new SampleSet(shape, inputs, new ClassLabels(labels, [.. Enumerable.Range(0, 10).Select(label => label.ToString(CultureInfo.InvariantCulture))])),
            Test = null,
        };
    }
}
