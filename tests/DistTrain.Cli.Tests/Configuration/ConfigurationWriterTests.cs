using DistTrain.Cli.Configuration;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Tests.Configuration;

public class ConfigurationWriterTests
{
    private static TrainConfiguration RoundTrip(TrainConfiguration configuration) =>
        ConfigurationFile.Parse("written.yaml", new StringReader(ConfigurationWriter.ToYaml(configuration, "a heading")), TrainConfiguration.Default);

    [Fact]
    public void Every_key_comes_back_as_it_was_written()
    {
        var configuration = new TrainConfiguration
        {
            Data = "csv:some where/data: #1.csv",
            Label = "the \"label\"\tcolumn",
            Header = false,
            Task = "regression",
            Separator = "tab",
            Scaling = "none",
            TestRatio = 0.1 + 0.2,
            Model = new ModelSpecification(
            [
                new("flatten"), new LayerSpecification("dense") { Name = "first" }.With("units", 12), new("relu"), new LayerSpecification("dense").With("units", 12).With("initializer", "zeros"),
                new LayerSpecification("add") { From = ["first", "dense2"] }, new LayerSpecification("output").With("initializer", "xavier-normal"),
            ]),
            Loss = "mse",
            LabelSmoothing = 0.15,
            HuberDelta = 0.3,
            Optimizer = "adam",
            LearningRate = 1.0 / 3,
            Momentum = 0.87,
            Beta1 = 0.81,
            Beta2 = 0.9991,
            Epsilon = 1e-300,
            Rho = 0.93,
            Centered = true,
            MomentumDecay = 0.01,
            InitialAccumulator = 0.2,
            TrustCoefficient = 0.002,
            L1 = 1e-5,
            L2 = 1e-4,
            WeightDecay = 0.05,
            ClipValue = 3,
            ClipNorm = 1.5,
            Schedule = "step",
            ScheduleStepEpochs = 7,
            ScheduleStepFactor = 0.3,
            ScheduleFinalFraction = 0.05,
            BatchSize = 237,
            MicroBatches = 16,
            Epochs = 0,
            Seed = ulong.MaxValue,
            Workers = 5,
            Engine = "reference",
            Runtime = "deterministic",
            ValidationRatio = 0.15,
            SplitSeed = 3,
            EvaluateSteps = 7,
            EvaluateGrowth = 0.03,
            MaxSteps = 12_345_678_901,
            StopGoal = "validation loss < 0.25",
            ScheduleMilestones = "3,7,19",
            ScheduleDecay = 0.7,
            SchedulePower = 2.5,
            ScheduleCycleEpochs = 9,
            ScheduleCycleRise = 0.4,
            ScheduleCycleStartDivisor = 12,
            ScheduleCycleFinalDivisor = 1e3,
            WarmupSteps = 11,
            WarmupEpochs = 1.5,
            WarmupStart = 0.2,
            PlateauMetric = "validation-f1",
            PlateauFactor = 0.5,
            PlateauPatience = 3,
            PlateauThreshold = 0.01,
            PlateauCooldown = 2,
            PlateauMinimumRate = 1e-6,
            BatchSchedule = "plateau",
            BatchGrowthEpochs = 4,
            BatchGrowthFactor = 1.5,
            BatchSizeMaximum = 4096,
            ScalingRule = "square-root",
            BaseBatchSize = 64,
            ScalingFollowsGrowth = true,
            StopMetric = "train-loss",
            StopPatience = 6,
            StopMinDelta = 0.001,
            StopRestoreBest = false,
            TopK = 3,
            MeasuresNoise = false,
            NoiseIntervalSteps = 3,
            MemoryBytes = 3L << 29,
            ThreadsPerWorker = 2,
            Listen = new("::1", 0),
            Processes = 3,
            MinWorkers = 2,
            WaitsBelowMinWorkers = true,
            Placement = Actors.ShardPlacement.Servers,
            Shards = 5,
            Health = new("node-1", 8080),
            ClusterFolder = "a folder",
            SecretFile = "/run/secrets/it",
            IsInsecure = true,
            Tls = true,
            AkkaConfiguration = "own.conf",
            HeartbeatMilliseconds = 100,
            SilenceSeconds = 2.5,
            LocalSockets = false,
            ReconnectSeconds = 0,
            RejoinSeconds = 12.5,
            TakesCheckpoints = false,
            CheckpointSteps = 250,
            CheckpointSeconds = 0.5,
            CheckpointEpochs = false,
            CheckpointPauseSeconds = 0,
            MaxLostSeconds = 3,
            KeepCheckpoints = 7,
            KeepBest = "validation-accuracy",
        };

        // Every setting differs from its default, so that none can be forgotten here.
        Assert.All(ConfigurationKeys.All, key => Assert.NotEqual(key.Get(TrainConfiguration.Default), key.Get(configuration)));
        Assert.Equal(configuration, RoundTrip(configuration));
    }

    [Fact]
    public void Defaults_come_back_as_they_were_written() => Assert.Equal(TrainConfiguration.Default, RoundTrip(TrainConfiguration.Default));

    [Theory]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("ends with a colon:")]
    [InlineData("- dash")]
    [InlineData(" spaces ")]
    [InlineData("{flow}")]
    [InlineData("line\nbreak")]
    [InlineData("größe")]
    [InlineData("'quoted'")]
    [InlineData("3")]
    [InlineData("yes")]
    public void Texts_that_mean_something_to_YAML_are_quoted(string label) =>
        Assert.Equal(label, RoundTrip(TrainConfiguration.Default with { Label = label }).Label);

    [Theory]
    [InlineData("logistic")]
    [InlineData("mlp:128,64")]
    [InlineData("mlp-tanh:7")]
    public void A_model_with_a_short_form_is_written_in_it(string shortForm) =>
        Assert.Contains($"model: {shortForm}\n", ConfigurationWriter.ToYaml(TrainConfiguration.Default with { Model = ModelSpecification.Parse(shortForm) }), StringComparison.Ordinal);
}
