using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Data;
using DistTrain.Engines.Simd;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Runtime.Tests.InProcess;

/// <summary>The noise scale has the same bits whoever forms the nodes, and measuring it changes nothing: on the built-in digits, in mini-batches of 237 samples in 8 ragged micro-batches, the last one short.</summary>
public class NoiseScaleTests
{
    private static readonly DataSet Digits = DataSetLoader.Load("digits", new DataSetOptions { Seed = 1 });
    private static readonly Outcome Plain = Train(new SimdEngine(), Definition() with { NoiseIntervalSteps = null });

    /// <summary>By the slow engine, one worker and one shard.</summary>
    private static readonly Outcome Expected = Train(new ReferenceEngine(), Definition());

    /// <summary>With 3 and 5 workers, some of the nodes come in parts, and the shards form them.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    [InlineData(5, 1)]
    [InlineData(5, 2)]
    [InlineData(5, 3)]
    [InlineData(8, 2)]
    public void Any_number_of_workers_and_shards_gives_the_same_bits(int workers, int shards) =>
        AssertSame(Train(new SimdEngine(), Definition() with { WorkerCount = workers, ShardCount = shards }));

    [Theory]
    [InlineData(1, 2, null)]
    [InlineData(1, 3, null)]
    [InlineData(2, 5, null)]
    [InlineData(1, 1, 30)]
    [InlineData(1, 2, 70)]
    [InlineData(3, 2, 100)]
    public void Threads_and_memory_change_nothing(int workers, int threads, int? samplesAtOnce)
    {
        var engine = new SimdEngine();
        var definition = Definition() with { WorkerCount = workers, ThreadsPerWorker = threads };
        AssertSame(Train(engine, definition with { MemoryBytes = samplesAtOnce is int samples ? threads * engine.ProgramBytes(definition.Graph, definition.Loss, samples) : null }));
    }

    [Fact]
    public void It_is_that_of_the_gradient_before_clipping_penalties_and_momentum()
    {
        // The first step's gradient is the same whatever the optimizer does with it.
        Outcome With(OptimizerSettings settings, string optimizer) => Train(new SimdEngine(), Definition() with
        {
            Optimizer = OptimizerChain.Create(optimizer, settings), NoiseIntervalSteps = 7, Epochs = 1, LearningRate = 1e-30, ShardCount = 2, WorkerCount = 3,
        });
        var expected = With(new OptimizerSettings(), "sgd").Noise[0];
        Assert.Equal(1, expected.Steps);
        Assert.True(expected.GradientVariance > 0, $"{expected}");
        Assert.Equal(expected, With(new OptimizerSettings { ClipNorm = 1e-3, ClipValue = 1e-4, L2 = 0.5, WeightDecay = 0.1 }, "lamb").Noise[0]);
        Assert.Equal(expected, With(new OptimizerSettings { L1 = 1, Momentum = 0.5 }, "nesterov").Noise[0]);
    }

    /// <summary>Running statistics travel in the nodes as well, and are no gradients.</summary>
    [Fact]
    public void A_model_with_batch_norm_has_the_same_bits_too()
    {
        var specification = new ModelSpecification([new("flatten"), new LayerSpecification("dense").With("units", 33), new("batch-norm"), new("relu"), new("output")]);
        Outcome With(int workers, int shards) => Train(new SimdEngine(), Definition() with { Graph = specification.Build(Digits.Train.SampleShape, 10), WorkerCount = workers, ShardCount = shards });
        var alone = With(1, 1);
        Assert.All(alone.Noise, noise => Assert.True(noise.Samples > 0, $"{noise}"));
        Assert.Equal(alone, With(3, 2));
    }

    [Fact]
    public void A_single_micro_batch_has_no_noise_scale_and_says_why()
    {
        var noise = Train(new SimdEngine(), Definition() with { MicroBatchCount = 1 }).Noise;
        Assert.All(noise, epoch => Assert.Equal((0L, null, null), (epoch.Steps, epoch.Samples, epoch.GradientSquaredNorm)));
        Assert.Contains("two or more micro-batches", noise[0].WhyUndetermined, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_every_so_manieth_step_is_measured_and_nothing_is_said_where_none_is()
    {
        Assert.All(Plain.Noise, Assert.Null);
        // 7 steps an epoch.
        Assert.Equal([7L, 14], Expected.Noise.Select(noise => noise.Steps));
        Assert.Equal([2L, 4], Train(new SimdEngine(), Definition() with { NoiseIntervalSteps = 3 }).Noise.Select(noise => noise.Steps));
    }

    private static void AssertSame(Outcome actual)
    {
        Assert.Equal(Plain.Hash, actual.Hash);
        Assert.Equal(Expected, actual);
        Assert.All(actual.Noise, noise => Assert.True(noise.Samples > 0, $"{noise}"));
    }

    private static Outcome Train(IEngine engine, TrainingDefinition definition)
    {
        var noise = ImmutableArray.CreateBuilder<NoiseScale>();
        var result = InProcessTraining.Run(definition, engine, happened => { if (happened is EpochEnded { Report: var report }) { noise.Add(report.Noise!); } }, CancellationToken.None);
        Assert.Equal(RunOutcome.Completed, result.Outcome);
        Assert.Equal(definition.Epochs, noise.Count);
        return new Outcome(result.WeightsHash, noise.ToImmutable());
    }

    private static TrainingDefinition Definition() => new()
    {
        Graph = ModelSpecification.Parse("mlp:256,70").Build(Digits.Train.SampleShape, 10),
        Loss = new SoftmaxCrossEntropyLoss(),
        Optimizer = OptimizerChain.Create("adam", new OptimizerSettings()),
        Schedule = new ConstantSchedule(),
        LearningRate = 0.003,
        Seed = 1,
        BatchSize = 237,
        MicroBatchCount = 8,
        Epochs = 2,
        NoiseIntervalSteps = 1,
        WorkerCount = 1,
        Train = Digits.Train,
        Test = null,
    };

    /// <summary>[epochs].</summary>
    private sealed record Outcome(string Hash, ImmutableArray<NoiseScale> Noise)
    {
        public bool Equals(Outcome? other) => other is not null && Hash == other.Hash && Noise.SequenceEqual(other.Noise);

        public override int GetHashCode() => Hash.GetHashCode(StringComparison.Ordinal);
    }
}
