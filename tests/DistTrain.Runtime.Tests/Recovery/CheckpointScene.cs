using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Numerics;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.Storage;
using DistTrain.Runtime.Tests.Wire;
using DistTrain.Simulation;

namespace DistTrain.Runtime.Tests.Recovery;

/// <summary>A checkpoint's content, made of drawn bits: what is saved, and what is to be loaded again.</summary>
internal sealed record DrawnCheckpoint(Checkpoint Checkpoint, IReadOnlyList<ShardState> States, IReadOnlyList<TensorBuffer> Flat, TensorBuffer? Best);

/// <summary>A tiny model with two optimizer tensors, and checkpoints of it.</summary>
internal static class CheckpointScene
{
    public static ModelSpecification Specification { get; } = ModelSpecification.Parse("mlp:5");

    public static ModelGraph Graph { get; } = Specification.Build(new TensorShape(3, 2), 4);

    public static ParameterLayout Layout => Graph.Layout;

    public static OptimizerChain Optimizer { get; } = OptimizerChain.Create("nadam", new OptimizerSettings());

    public static RunIdentity Run { get; } = new("configuration", "data", "arithmetic");

    public static ShardCut Cut { get; } = ShardCut.Create(Layout, 2);

    public static CheckpointStore Store(IStorage storage, int kept = 100) => new(storage, Run, Layout, Optimizer) { Kept = kept };

    /// <summary>The same arguments give the same bits.</summary>
    public static DrawnCheckpoint Draw(long step, long incarnation = 1, long? bestStep = null, double? score = null)
    {
        var random = new CounterBasedRandom((ulong)step, 7);
        TensorBuffer[] flat = [.. Enumerable.Range(0, 1 + Optimizer.Tensors.Length).Select(_ => DrawBuffer(ref random))];
        var best = bestStep == step ? flat[0] : bestStep is null ? null : DrawBuffer(ref random);
        var decisions = new TrainingDecisions(
            new EpochSettings(3, new StepNumber(90), 32, 0.1),
            new PlateauState(double.PositiveInfinity, 2, 1),
            new StoppingState(random.Normal(), 2, 1),
            bestStep is { } version ? new BestEpoch(2, new WeightVersion(version)) : null);
        var coordinator = new CoordinatorState(new StepNumber(step), decisions, 2, new OpenEpoch(3, random.Normal(), 17, 64, 0.1, random.UniformDouble()), -0.0)
        {
            Score = score,
            Noise = new NoiseAverage(random.Normal(), random.Normal(), random.UniformDouble(), 12),
            BestWeightsHash = best is null ? null : WeightsHash.Compute(Layout, best),
            BestTest = best is null ? null : new EvaluationSummary(random.Normal(), double.NaN, 5) { Activations = [new("relu1", 0.25, null)] },
        };
        var batch = new MiniBatch(new StepNumber(step), 3, 32, 32, 2);
        var ledger = new LedgerEntry(batch, [new AcceptedNode(new TreeNode(1, 0), new WorkerId(2), 32, 12)]);
        var server = new ServerState(new WeightVersion(step), [.. Optimizer.Scalars.Select(_ => random.UniformDouble())], [ledger], 16);
        return new DrawnCheckpoint(new Checkpoint(coordinator, server), Shards(flat, step, incarnation), flat, best);
    }

    public static string? Save(this CheckpointStore store, DrawnCheckpoint drawn) =>
        store.Save(drawn.Checkpoint, Cut, drawn.States, ReferenceEquals(drawn.Best, drawn.Flat[0]) ? null : drawn.Best);

    public static void AssertSame(DrawnCheckpoint expected, LoadedCheckpoint? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(RandomMessages.Describe(expected.Checkpoint), RandomMessages.Describe(actual.Checkpoint));
        Assert.Equal(expected.Flat.Select(Hash), [Hash(actual.Weights), .. actual.OptimizerTensors.Select(Hash)]);
        Assert.Equal(expected.Best is null ? null : Hash(expected.Best), actual.Best is null ? null : Hash(actual.Best));
    }

    public static void Crash(SimulatedDisk disk, ulong seed)
    {
        var random = new CounterBasedRandom(seed, 1);
        disk.Crash(ref random);
    }

    public static byte[] Read(IStorage storage, string file)
    {
        using var stream = storage.OpenRead(file);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static void Replace(IStorage storage, string file, byte[] content)
    {
        storage.Delete(file);
        Assert.True(storage.TryCreate(file));
        storage.Append(file, content);
    }

    private static string Hash(TensorBuffer buffer) => WeightsHash.Compute(Layout, buffer);

    private static ShardState[] Shards(IReadOnlyList<TensorBuffer> flat, long step, long incarnation)
    {
        ShardState[] states = [.. Enumerable.Range(0, Cut.ShardCount).Select(shard => new ShardState(Cut, new ShardId(shard), new Incarnation(incarnation), new WeightVersion(step), Optimizer.Tensors.Length))];
        foreach (var state in states)
        {
            state.CopyFrom(flat);
        }

        return states;
    }

    /// <summary>Any bits, those of numbers that are not finite too.</summary>
    private static TensorBuffer DrawBuffer(ref CounterBasedRandom random)
    {
        var buffer = new TensorBuffer(Layout.BufferLength);
        foreach (ref var value in buffer.Span)
        {
            value = BitConverter.UInt32BitsToSingle(random.NextUInt());
        }

        return buffer;
    }
}
