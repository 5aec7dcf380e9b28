using DistTrain.Actors;
using DistTrain.Data;
using DistTrain.Engines.Simd;
using DistTrain.Learning;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Tests.Shared;

/// <summary>Promise 1 over a network, for every runtime of several processes: whoever is there, wherever the shards are, encrypted or not, the weights are those of one process, and so is the noise scale.</summary>
public abstract class ClusterScenarios
{
    private static readonly DataSet Digits = DataSetLoader.Load("digits", new DataSetOptions { Seed = 1 });
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private static readonly Dictionary<string, (string Hash, NoiseScale Noise)> Expected = new(StringComparer.Ordinal);

    /// <summary>Begins a process of the runtime that is tested.</summary>
    protected abstract IClusterProcess Start();

    [Theory]
    [InlineData("sgd", 1, ShardPlacement.Central, 1, false)]
    [InlineData("sgd", 2, ShardPlacement.Central, 3, true)]
    [InlineData("lamb", 3, ShardPlacement.Central, 2, false)]
    [InlineData("sgd", 1, ShardPlacement.Workers, null, false)]
    [InlineData("sgd", 2, ShardPlacement.Workers, null, true)]
    [InlineData("lamb", 3, ShardPlacement.Workers, null, false)]
    [InlineData("clipped", 5, ShardPlacement.Workers, 3, false)]
    public async Task Any_number_of_processes_any_placement_and_any_encryption_give_the_bits_of_one_process(string optimizer, int workers, ShardPlacement placement, int? shards, bool tls)
    {
        var definition = Definition(optimizer);
        NoiseScale? noise = null;
        using var scene = new ClusterScene(
            Start,
            definition,
            new SimdEngine(),
            settings => settings with
            {
                MinimumWorkers = workers,
                Placement = placement,
                ShardCount = shards,
                Security = new ClusterSecurity { UsesTls = tls, Secret = tls ? Secret : null },
            },
            happening => noise = (happening as EpochEnded)?.Report.Noise ?? noise);

        var members = scene.Join(workers);

        var hash = (await scene.Result()).WeightsHash;
        Assert.Equal(ExpectedOf(optimizer, definition), (hash, noise));
        Assert.All(await Task.WhenAll(members), member => Assert.Equal(MemberEnding.RunEnded, member.Ending));
    }

    [Fact]
    public async Task Shards_may_live_in_processes_of_their_own()
    {
        var definition = Definition("lamb");
        using var scene = new ClusterScene(Start, definition, new SimdEngine(), settings => settings with { MinimumWorkers = 2, Placement = ShardPlacement.Servers, ShardCount = 2 });
        Task<MemberOutcome>[] servers = [scene.Join(MemberRole.Server), scene.Join(MemberRole.Server)];

        var workers = scene.Join(2);

        Assert.Equal(ExpectedHash("lamb", definition), (await scene.Result()).WeightsHash);
        Assert.All(await Task.WhenAll(servers.Concat(workers)), member => Assert.Equal(MemberEnding.RunEnded, member.Ending));
    }

    [Theory]
    [InlineData(ShardPlacement.Central)]
    [InlineData(ShardPlacement.Workers)]
    public async Task Workers_come_and_go_in_the_middle_and_leave_no_trace_in_the_weights(ShardPlacement placement)
    {
        var definition = Definition("sgd") with { Epochs = 60 };
        var reports = new List<EpochReport>();
        ClusterScene scene = null!;
        var members = new List<Task<MemberOutcome>>();
        scene = new ClusterScene(
            Start,
            definition,
            new SimdEngine(),
            settings => settings with { MinimumWorkers = 2, WaitsBelowMinimum = true, Placement = placement, ShardCount = null },
            happening =>
            {
                if (happening is EpochEnded { Report: var report })
                {
                    reports.Add(report);
                    if (report.Epoch == 5)
                    {
                        members.Add(scene.Join());
                    }
                    else if (report.Epoch == 20)
                    {
                        scene.Leave(0);
                    }
                }
            });
        using (scene)
        {
            members.AddRange(scene.Join(2));

            Assert.Equal(ExpectedHash("sgd-60", definition), (await scene.Result()).WeightsHash);
        }

        Assert.Equal(MemberEnding.Left, (await members[0]).Ending);
        Assert.All(reports, report => Assert.Equal((report.Ledger.ExpectedSamples, 0, 0), (report.Ledger.CountedSamples, report.Ledger.DuplicatedSamples, report.Ledger.LostSamples)));
        var stepsAnEpoch = reports[0].Steps;
        Assert.Contains(reports.SelectMany(report => report.Workers), share => share.Worker == new WorkerId(3) && share.FirstStep > stepsAnEpoch);
        Assert.DoesNotContain(reports[^1].Workers, share => share.MicroBatchesAccepted > 0 && !reports[^1].Workers.Any(other => other.Worker != share.Worker && other.MicroBatchesAccepted > 0));
    }

    [Fact]
    public async Task Another_version_of_the_program_is_told_why_it_may_not_join()
    {
        using var scene = new ClusterScene(Start, Definition("sgd"), new SimdEngine());

        var outcome = await scene.Join(version: "0.9");

        Assert.Equal(MemberEnding.Refused, outcome.Ending);
        Assert.Contains("runs disttrain 0.9, but the coordinator 1.0", outcome.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_secret_is_named_as_such()
    {
        using var scene = new ClusterScene(Start, Definition("sgd"), new SimdEngine(), settings => settings with { Security = new ClusterSecurity { UsesTls = true, Secret = Secret } });
        byte[] other = [.. Secret.Reverse()];

        var refusal = await Assert.ThrowsAsync<InvalidInputException>(() => scene.Join(change: settings => settings with { Security = new ClusterSecurity { UsesTls = true, Secret = other } }));

        Assert.Contains("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_on_request_ends_after_a_whole_step_with_that_steps_weights()
    {
        var definition = Definition("sgd") with { Epochs = 100_000 };
        ClusterScene scene = null!;
        scene = new ClusterScene(Start, definition, new SimdEngine(), settings => settings with { MinimumWorkers = 2, Placement = ShardPlacement.Workers, ShardCount = null }, happening =>
        {
            if (happening is EpochEnded)
            {
                scene.Stop();
            }
        });
        using (scene)
        {
            scene.Join(2);

            var result = await scene.Result();

            Assert.Equal(RunOutcome.Cancelled, result.Outcome);
            Assert.Equal(result.WeightsHash, WeightsHash.Compute(definition.Graph.Layout, result.Weights));
        }
    }

    private static string ExpectedHash(string name, TrainingDefinition definition) => ExpectedOf(name, definition).Hash;

    private static (string Hash, NoiseScale Noise) ExpectedOf(string name, TrainingDefinition definition)
    {
        lock (Expected)
        {
            if (!Expected.TryGetValue(name, out var expected))
            {
                NoiseScale? noise = null;
                var result = InProcessTraining.Run(definition, new SimdEngine(), happening => noise = (happening as EpochEnded)?.Report.Noise ?? noise, CancellationToken.None);
                Expected[name] = expected = (result.WeightsHash, noise!);
            }

            return expected;
        }
    }

    private static TrainingDefinition Definition(string optimizer) => new()
    {
        Graph = ModelSpecification.Parse("mlp:300,64").Build(Digits.Train.SampleShape, 10),
        Loss = new SoftmaxCrossEntropyLoss(),
        Optimizer = optimizer == "clipped" ? OptimizerChain.Create("momentum", new OptimizerSettings { ClipNorm = 0.1 }) : OptimizerChain.Create(optimizer, new OptimizerSettings()),
        Schedule = Schedule.Create("constant", new ScheduleSettings()),
        LearningRate = 0.01,
        Seed = 7,
        BatchSize = 96,
        MicroBatchCount = 8,
        Epochs = 2,
        NoiseIntervalSteps = 2,
        WorkerCount = 2,
        Train = Digits.Train,
        Test = Digits.Test,
    };
}
