using DistTrain.Actors;
using DistTrain.Data;
using DistTrain.Engines.Simd;
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

    private static (string Hash, IReadOnlyList<WorkerShare> Shares) Train(
        IEngine engine, int workers, ulong seed = 1, Func<TrainingDefinition, TrainingDefinition>? change = null)
    {
        var definition = new TrainingDefinition
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
        definition = change?.Invoke(definition) ?? definition;
        var shares = new List<WorkerShare>();
        var result = InProcessTraining.Run(definition, engine, happened => { if (happened is EpochEnded { Report: var report }) { shares = [.. report.Workers]; } }, CancellationToken.None);
        Assert.Equal(RunOutcome.Completed, result.Outcome);
        return (result.WeightsHash, shares);
    }
}
