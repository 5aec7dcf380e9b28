using DistTrain.Actors;
using DistTrain.Data;
using DistTrain.Engines.Simd;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Links;
using DistTrain.Tests.Shared;

namespace DistTrain.Runtime.Tests.Cluster;

/// <summary>A member that has lost the coordinator joins again, and the run's weights do not show it.</summary>
public class RejoinTests
{
    private static readonly DataSet Digits = DataSetLoader.Load("digits", new DataSetOptions { Seed = 1 });
    private static readonly LinkLimits ShortPatience = new() { HeartbeatInterval = TimeSpan.FromMilliseconds(50), SilenceDeadline = TimeSpan.FromSeconds(2), ReconnectDeadline = TimeSpan.FromMilliseconds(200) };

    [Fact]
    public async Task A_worker_that_was_given_up_comes_back_as_another_to_the_same_coordinator()
    {
        var definition = Definition(epochs: 8);
        var workers = new HashSet<WorkerId>();
        Cable cable = null!;
        ClusterScene scene = null!;
        scene = new ClusterScene(Start, definition, new SimdEngine(), WaitsForTwo, happening =>
        {
            if (happening is EpochEnded { Report: var report })
            {
                workers.UnionWith(report.Workers.Where(share => share.MicroBatchesAccepted > 0).Select(share => share.Worker));
                if (report.Epoch == 2)
                {
                    cable.Cut();
                }
            }
            else if (happening is Noticed { Sentence: var sentence } && sentence.Contains("is lost", StringComparison.Ordinal))
            {
                cable.Mend(scene.Address);
            }
        });
        using (scene)
        {
            using (cable = new Cable(scene.Address))
            {
                Task<MemberOutcome>[] members = [scene.Join(change: ShortOfPatience), scene.Join(change: settings => ShortOfPatience(settings) with { Coordinator = cable.Address })];

                Assert.Equal(HashOf(definition), (await scene.Result()).WeightsHash);
                Assert.All(await Task.WhenAll(members), member => Assert.Equal(MemberEnding.RunEnded, member.Ending));
                Assert.Contains(new WorkerId(3), workers);
                Assert.Equal(2, scene.Preparations);
            }
        }
    }

    [Fact]
    public async Task Workers_whose_coordinator_is_replaced_serve_the_next_one()
    {
        var endless = Definition(epochs: 1_000_000);
        using var begun = new ManualResetEventSlim();
        using var first = new ClusterScene(Start, endless, new SimdEngine(), WaitsForTwo, happening =>
        {
            if (happening is EpochEnded)
            {
                begun.Set();
            }
        });
        using var cable = new Cable(first.Address);
        MemberSettings Over(MemberSettings settings) => ShortOfPatience(settings) with { Coordinator = cable.Address };
        Task<MemberOutcome>[] members = [first.Join(change: Over), first.Join(change: Over)];
        Assert.True(begun.Wait(TimeSpan.FromMinutes(1)));
        cable.Cut();
        first.Stop();
        var definition = Definition(epochs: 3);
        first.Definition = definition;
        using var second = new ClusterScene(Start, definition, new SimdEngine(), settings => WaitsForTwo(settings) with { RunName = "second" });

        cable.Mend(second.Address);

        Assert.Equal(HashOf(definition), (await second.Result()).WeightsHash);
        Assert.All(await Task.WhenAll(members), member => Assert.Equal(MemberEnding.RunEnded, member.Ending));
    }

    [Fact]
    public async Task A_coordinator_that_stays_away_is_given_up_in_one_sentence()
    {
        using var begun = new ManualResetEventSlim();
        using var scene = new ClusterScene(Start, Definition(epochs: 1_000_000), new SimdEngine(), settings => settings, happening =>
        {
            if (happening is EpochEnded)
            {
                begun.Set();
            }
        });
        using var cable = new Cable(scene.Address);
        var member = scene.Join(change: settings => ShortOfPatience(settings) with { Coordinator = cable.Address, RejoinTimeout = TimeSpan.FromMilliseconds(400) });
        Assert.True(begun.Wait(TimeSpan.FromMinutes(1)));

        cable.Cut();

        var outcome = await member.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(MemberEnding.CoordinatorLost, outcome.Ending);
        Assert.StartsWith("the coordinator is gone, and has not come back within 0.4 s: ", outcome.Sentence, StringComparison.Ordinal);
    }

    private static TcpProcess Start() => new();

    private static CoordinatorSettings WaitsForTwo(CoordinatorSettings settings) => settings with { MinimumWorkers = 2, WaitsBelowMinimum = true, Limits = ShortPatience };

    private static MemberSettings ShortOfPatience(MemberSettings settings) => settings with { Limits = ShortPatience };

    private static string HashOf(TrainingDefinition definition) => InProcessTraining.Run(definition, new SimdEngine(), _ => { }, CancellationToken.None).WeightsHash;

    private static TrainingDefinition Definition(int epochs) => new()
    {
        Graph = ModelSpecification.Parse("mlp:64").Build(Digits.Train.SampleShape, 10),
        Loss = new SoftmaxCrossEntropyLoss(),
        Optimizer = OptimizerChain.Create("momentum", new OptimizerSettings()),
        Schedule = Schedule.Create("constant", new ScheduleSettings()),
        LearningRate = 0.01,
        Seed = 7,
        BatchSize = 96,
        MicroBatchCount = 8,
        Epochs = epochs,
        WorkerCount = 2,
        Train = Digits.Train,
        Test = Digits.Test,
    };
}
