using DistTrain.Actors;
using DistTrain.Data;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Runtime.Tests.InProcess;

/// <summary>The first promise: same bits at any worker count and vector width, on the built-in digits with a short last mini-batch and ragged micro-batches.</summary>
public class SameBitsTests
{
    private static readonly DataSet Digits = DataSetLoader.Load("digits", new DataSetOptions { Seed = 1 });

    /// <summary>By the slow engine and one worker: what everything else is held to.</summary>
    private static readonly string Expected = Train(new ReferenceEngine(), 1).Hash;

    public static TheoryData<KernelPath, int> PathsAndWorkers
    {
        get
        {
            var cases = new TheoryData<KernelPath, int>();
            foreach (var path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
            {
                foreach (var workers in (int[])[1, 2, 3, 5, 8])
                {
                    cases.Add(path, workers);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndWorkers))]
    public void Any_number_of_workers_on_any_vector_width_gives_the_reference_engines_bits(KernelPath path, int workers)
    {
        var (hash, shares) = Train(new SimdEngine(path), workers);
        Assert.Equal(Expected, hash);
        Assert.Equal(workers, shares.Count);
        Assert.All(shares, share => Assert.True(share.MicroBatchesAccepted > 0, $"{share.Worker} gave nothing"));
    }

    [Theory]
    [InlineData(1, 2, null)]
    [InlineData(1, 3, null)]
    [InlineData(2, 5, null)]
    [InlineData(3, 2, null)]
    [InlineData(1, 1, 30)]
    [InlineData(1, 1, 45)]
    [InlineData(2, 1, 60)]
    [InlineData(3, 1, 30)]
    [InlineData(1, 2, 70)]
    [InlineData(2, 3, 100)]
    public void Neither_threads_nor_memory_change_the_bits(int workers, int threads, int? samplesAtOnce)
    {
        foreach (var engine in new IEngine[] { new SimdEngine(), new ReferenceEngine() })
        {
            Assert.Equal(Expected, Train(engine, workers, change: definition => definition with
            {
                ThreadsPerWorker = threads,
                MemoryBytes = samplesAtOnce is int samples ? threads * engine.ProgramBytes(definition.Graph, definition.Loss, samples) : null,
            }).Hash);
        }
    }

    [Fact]
    public void Threads_and_workers_give_the_same_decisions_and_figures()
    {
        var plain = Decide(1, 1);
        Assert.Equal(RunOutcome.StoppedEarly, plain.Result.Outcome);
        Assert.NotNull(plain.Result.RestoredEpoch);
        Assert.NotEqual(plain.Reports[0].Steps, plain.Reports[^1].Steps);
        foreach (var (workers, threads) in new[] { (3, 1), (1, 2), (2, 2) })
        {
            var other = Decide(workers, threads);
            Assert.Equal(plain.Result.WeightsHash, other.Result.WeightsHash);
            Assert.Equal(FiguresOf(plain.Result.Test), FiguresOf(other.Result.Test));
            Assert.Equal(plain.Reports.Select(report => FiguresOf(report.Validation)), other.Reports.Select(report => FiguresOf(report.Validation)));
            Assert.Equal(plain.Reports.Select(report => report.WeightsHash), other.Reports.Select(report => report.WeightsHash));
        }
    }

    [Fact]
    public void Another_seed_gives_other_bits()
    {
        Assert.NotEqual(Expected, Train(new SimdEngine(), 2, seed: 2).Hash);
    }

    [Fact]
    public void An_optimizer_in_stages_gives_the_same_bits_whoever_runs_its_parts()
    {
        // 50,826 parameters are two parts of an update, and LAMB with clipping is three stages.
        static TrainingDefinition Staged(TrainingDefinition definition) => definition with
        {
            Graph = ModelSpecification.Parse("mlp:256,128").Build(Digits.Train.SampleShape, 10),
            Optimizer = OptimizerChain.Create("lamb", new OptimizerSettings { ClipNorm = 0.5, WeightDecay = 0.01 }),
            Epochs = 1,
        };
        var alone = Train(new SimdEngine(KernelPath.Portable), 1, change: Staged).Hash;
        Assert.Equal(alone, Train(new SimdEngine(), 2, change: Staged).Hash);
        Assert.Equal(alone, Train(new SimdEngine(), 5, change: Staged).Hash);
    }

    /// <summary>One kind of optimizer each: nothing to exchange, norms by tensor, and besides the norm of the whole.</summary>
    [Theory]
    [InlineData("adam", 0)]
    [InlineData("lars", 0)]
    [InlineData("lamb", 0.5)]
    public void Any_number_of_shards_gives_the_bits_and_the_norms_of_one(string optimizer, double clipNorm)
    {
        (string Hash, IReadOnlyList<LayersMeasured> Measured) With(int shards, int workers)
        {
            var measured = new List<LayersMeasured>();
            var definition = Definition(workers, seed: 1) with
            {
                Graph = ModelSpecification.Parse("mlp:256,128").Build(Digits.Train.SampleShape, 10),
                Optimizer = OptimizerChain.Create(optimizer, new OptimizerSettings { ClipNorm = clipNorm, WeightDecay = 0.01 }),
                Epochs = 1,
                ShardCount = shards,
                MeasuringIntervalSteps = 1,
            };
            var result = InProcessTraining.Run(definition, new SimdEngine(), happened => { if (happened is LayersMeasured layers) { measured.Add(layers); } }, CancellationToken.None);
            Assert.Equal(RunOutcome.Completed, result.Outcome);
            return (result.WeightsHash, measured);
        }

        var (hash, norms) = With(1, 1);
        Assert.NotEmpty(norms);
        foreach (var (shards, workers) in ((int, int)[])[(2, 1), (2, 2), (3, 2), (5, 3)])
        {
            var actual = With(shards, workers);
            Assert.Equal(hash, actual.Hash);
            Assert.Equal(norms.Select(step => step.Step), actual.Measured.Select(step => step.Step));
            Assert.Equal(norms.SelectMany(step => step.Norms), actual.Measured.SelectMany(step => step.Norms));
        }
    }

    [Theory]
    [InlineData("dropout")]
    [InlineData("embedding")]
    public void Noise_and_tables_give_the_reference_engines_bits_at_any_number_of_workers(string kind)
    {
        TrainingDefinition With(TrainingDefinition definition) => definition with
        {
            Graph = (kind == "dropout" ? WithDropout() : WithEmbedding()).Build(Digits.Train.SampleShape, 10),
            Loss = new SoftmaxCrossEntropyLoss(0.1),
            Train = kind == "dropout" ? Digits.Train : Tokens(Digits.Train),
            Test = null,
            Epochs = 1,
        };
        var expected = Train(new ReferenceEngine(), 1, change: With).Hash;
        foreach (var path in Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported))
        {
            foreach (var workers in (int[])[1, 2, 3, 5])
            {
                Assert.Equal(expected, Train(new SimdEngine(path), workers, change: With).Hash);
            }
        }
    }

    private static ModelSpecification WithDropout() => new(
    [
        new("flatten"), new LayerSpecification("dropout").With("rate", 0.1), new LayerSpecification("dense").With("units", 33), new("relu"), new LayerSpecification("dropout").With("rate", 0.4),
        new LayerSpecification("dense").With("units", 70), new("gelu"), new("dropout"), new("output"),
    ]);

    private static ModelSpecification WithEmbedding() => new(
    [
        new("flatten"), new LayerSpecification("embedding").With("vocabulary", 17).With("dimensions", 5), new("swish"), new("flatten"), new("output"),
    ]);

    /// <summary>The digits' 17 shades as token numbers.</summary>
    private static SampleSet Tokens(SampleSet digits) =>
        new(digits.SampleShape, digits.Inputs.ToArray().Select(pixel => MathF.Round(pixel * 16)).ToArray(), digits.Targets);

    private static (string Hash, IReadOnlyList<WorkerShare> Shares) Train(
        IEngine engine, int workers, ulong seed = 1, Func<TrainingDefinition, TrainingDefinition>? change = null)
    {
        var definition = Definition(workers, seed);
        definition = change?.Invoke(definition) ?? definition;
        var shares = new List<WorkerShare>();
        var result = InProcessTraining.Run(definition, engine, happened => { if (happened is EpochEnded { Report: var report }) { shares = [.. report.Workers]; } }, CancellationToken.None);
        Assert.Equal(RunOutcome.Completed, result.Outcome);
        return (result.WeightsHash, shares);
    }

    private static (double? Loss, double? Accuracy, Learning.Metrics.SplitMetrics? Metrics, int? SampleCount) FiguresOf(EvaluationSummary? summary) =>
        (summary?.MeanLoss, summary?.Accuracy, summary?.Metrics, summary?.SampleCount);

    /// <summary>A run whose batch size and end are decided by its metrics.</summary>
    private static (TrainingResult Result, IReadOnlyList<EpochReport> Reports) Decide(int workers, int threads)
    {
        var data = DataSetLoader.Load("digits", new DataSetOptions { Seed = 1, ValidationRatio = 0.2 });
        var reports = new List<EpochReport>();
        var metric = MonitoredMetric.Parse("validation-f1");
        var definition = Definition(workers, seed: 1) with
        {
            ThreadsPerWorker = threads,
            Train = data.Train,
            Validation = data.Validation,
            LearningRate = 0.01,
            BatchSize = 100,
            Epochs = 30,
            BatchSchedule = new BatchSchedule(BatchGrowth.Plateau),
            Plateau = new PlateauRule(metric, 0, 0, 0),
            EarlyStopping = new EarlyStoppingRule(metric, 3, 0, RestoresBest: true),
        };
        var result = InProcessTraining.Run(definition, new SimdEngine(), happened => { if (happened is EpochEnded { Report: var report }) { reports.Add(report); } }, CancellationToken.None);
        return (result, reports);
    }

    private static TrainingDefinition Definition(int workers, ulong seed) => new()
    {
        Graph = ModelSpecification.Parse("mlp-tanh:33,17").Build(Digits.Train.SampleShape, 10),
        Loss = new SoftmaxCrossEntropyLoss(),
        Optimizer = OptimizerChain.Create("adam", new OptimizerSettings()),
        Schedule = Schedule.Create("cosine", new ScheduleSettings()),
        LearningRate = 0.003,
        Seed = seed,
        BatchSize = 237,
        MicroBatchCount = null,
        Epochs = 2,
        WorkerCount = workers,
        Train = Digits.Train,
        Test = Digits.Test,
    };
}
