using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Configuration;

public class ReferenceFileTests
{
    private static readonly string ReferencePath = Repository.File("cluster-config", "reference.yaml");

    [Fact]
    public void It_has_every_key_once_in_the_order_of_the_code_each_with_a_comment_above()
    {
        var lines = File.ReadAllLines(ReferencePath);
        var keyLines = Enumerable.Range(0, lines.Length).Where(i => lines[i].Length > 0 && char.IsAsciiLetter(lines[i][0])).ToArray();
        Assert.Equal(ConfigurationKeys.All.Select(key => key.Name), keyLines.Select(i => lines[i].Split(':')[0]));
        Assert.All(keyLines, i => Assert.StartsWith("# ", lines[i - 1], StringComparison.Ordinal));
    }

    public static TheoryData<string> Names => [.. ConfigurationKeys.All.Select(key => key.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_value_is_the_default_of_the_code(string name)
    {
        // A basis in which nothing is as by default: a value that the file does not set would show.
        var basis = new TrainConfiguration
        {
            Data = "x", Label = "x", Header = true, Task = "x", Separator = "x", Scaling = "x", TestRatio = 0.77, Loss = "x", LabelSmoothing = 0.77, HuberDelta = 0.77, Optimizer = "x", LearningRate = 77, Momentum = 0.77,
            Beta1 = 0.77, Beta2 = 0.77, Epsilon = 77, Rho = 0.77, Centered = true, MomentumDecay = 77, InitialAccumulator = 77, TrustCoefficient = 77, L1 = 77, L2 = 77,
            WeightDecay = 77, ClipValue = 77, ClipNorm = 77, Schedule = "x", ScheduleStepEpochs = 77, ScheduleStepFactor = 0.77, ScheduleFinalFraction = 0.77, BatchSize = 77,
            MicroBatches = 77, Epochs = 77, Seed = 77, Workers = 77, Engine = "x", Runtime = "x", Model = Learning.Graph.ModelSpecification.Parse("mlp:77"),
            ValidationRatio = 0.77, ScheduleMilestones = "77", ScheduleDecay = 0.77, SchedulePower = 77, ScheduleCycleEpochs = 77, ScheduleCycleRise = 0.77, ScheduleCycleStartDivisor = 77,
            ScheduleCycleFinalDivisor = 77, WarmupSteps = 77, WarmupEpochs = 77, WarmupStart = 0.77, PlateauMetric = "x", PlateauFactor = 0.77, PlateauPatience = 77, PlateauThreshold = 0.77,
            PlateauCooldown = 77, PlateauMinimumRate = 77, BatchSchedule = "x", BatchGrowthEpochs = 77, BatchGrowthFactor = 77, BatchSizeMaximum = 77, ScalingRule = "x", BaseBatchSize = 77,
            ScalingFollowsGrowth = true, StopMetric = "x", StopPatience = 77, StopMinDelta = 77, StopRestoreBest = false, EvaluateSteps = 77, EvaluateGrowth = 0.77, MaxSteps = 77, StopGoal = "x", SplitSeed = 77, TopK = 77, MeasuresNoise = false, NoiseIntervalSteps = 77, MemoryBytes = 77, ThreadsPerWorker = 77,
            Listen = new("x", 77), Processes = 77, MinWorkers = 77, WaitsBelowMinWorkers = true, Placement = Actors.ShardPlacement.Servers, Shards = 77, Health = new("x", 77), ClusterFolder = "x",
            SecretFile = "x", IsInsecure = true, Tls = false, LocalSockets = false, HeartbeatMilliseconds = 77, SilenceSeconds = 77, ReconnectSeconds = 77, RejoinSeconds = 77, AkkaConfiguration = "x",
            TakesCheckpoints = false, CheckpointSteps = 77, CheckpointSeconds = 77, CheckpointEpochs = false, CheckpointPauseSeconds = 77, MaxLostSeconds = 77, KeepCheckpoints = 77, KeepBest = "x",
        };
        var key = ConfigurationKeys.Find(name)!;
        Assert.NotEqual(key.Get(TrainConfiguration.Default), key.Get(basis));
        Assert.Equal(key.Get(TrainConfiguration.Default), key.Get(ConfigurationFile.Read(ReferencePath, basis)));
    }
}
