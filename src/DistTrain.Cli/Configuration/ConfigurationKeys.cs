using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using static DistTrain.Cli.Configuration.ValueReading;

namespace DistTrain.Cli.Configuration;

/// <summary>All keys of a configuration, in the order in which help and files show them.</summary>
public static class ConfigurationKeys
{
    /// <summary>The runtime of processes that find and watch each other by Akka.NET.</summary>
    public const string AkkaRuntime = "akka";

    private const string FindWord = "find";

    public static ImmutableArray<string> ScalingNames { get; } = ["none", "unit", "standard"];

    public static ImmutableArray<string> TaskNames { get; } = ["classification", "regression"];

    public static ImmutableArray<string> SeparatorNames { get; } = ["comma", "semicolon", "tab"];

    public static ImmutableArray<string> EngineNames { get; } = ["simd", "reference"];

    public static ImmutableArray<string> RuntimeNames { get; } = ["in-process", "deterministic", AkkaRuntime];

    public static ImmutableArray<ConfigurationKey> All { get; } = [.. DataKeys(), .. ModelKeys(), .. OptimizerKeys(), .. ScheduleKeys.Rate(), .. ScheduleKeys.Plateau(), .. ScheduleKeys.Batch(), .. TrainingKeys(), .. ScheduleKeys.Stopping(), .. ExecutionKeys(), .. CheckpointKeys.All(), .. ClusterKeys.Members(), .. ClusterKeys.Connections()];

    public static ConfigurationKey? Find(string name) => All.FirstOrDefault(key => key.Name == name);

    private static IEnumerable<ConfigurationKey> DataKeys() =>
    [
        new(KeyGroup.Data, KeyKind.Text, "data", "SOURCE", "digits (built in), mnist:, idx:, cifar10: or cifar100:FOLDER, csv:, npy:, npz: or text:FILE, synthetic:spirals, synthetic:gaussian-teacher, synthetic:strokes",
            (c, text) => c with { Data = NotEmpty(text) }, c => c.Data),
        new(KeyGroup.Data, KeyKind.Text, "label", "COLUMN", "csv: the column to learn, by name or by index from 0; auto is the last",
            (c, text) => c with { Label = TextOrAutomatic(text, NotEmpty) }, c => c.Label),
        new(KeyGroup.Data, KeyKind.Switch, "header", "yes|no", "csv: whether the first line names the columns; auto finds out",
            (c, text) => c with { Header = OrAutomatic(text, Switch) }, c => c.Header),
        new(KeyGroup.Data, KeyKind.Text, "task", "NAME", "csv, npy, npz: classification (the label names a class) or regression (it is a value)",
            (c, text) => c with { Task = TextOrAutomatic(text, t => OneOf(t, TaskNames)) }, c => c.Task),
        new(KeyGroup.Data, KeyKind.Text, "separator", "NAME", "csv: comma, semicolon or tab",
            (c, text) => c with { Separator = TextOrAutomatic(text, t => OneOf(t, SeparatorNames)) }, c => c.Separator),
        new(KeyGroup.Data, KeyKind.Text, "scaling", "HOW", "unit (to 0..1), standard (mean 0, deviation 1) or none, fitted to the training part",
            (c, text) => c with { Scaling = TextOrAutomatic(text, t => OneOf(t, ScalingNames)) }, c => c.Scaling),
        new(KeyGroup.Data, KeyKind.Number, "test-ratio", "RATIO", "share of the samples kept for testing; auto is the data's own test part, else 0.2",
            (c, text) => c with { TestRatio = OrAutomatic(text, t => Number(t, v => v is > 0 and < 1, "above 0 and below 1")) }, c => c.TestRatio),
        new(KeyGroup.Data, KeyKind.Number, "validation-ratio", "RATIO", "share of the other samples kept to judge the training by while it runs; 0 for none",
            (c, text) => c with { ValidationRatio = Number(text, v => v is >= 0 and < 1, "from 0 to below 1") }, c => c.ValidationRatio),
        new(KeyGroup.Data, KeyKind.Number, "split-seed", "NUMBER", "decides which samples are kept for testing and validation; auto is the seed",
            (c, text) => c with { SplitSeed = OrAutomatic(text, t => WholeNumber(t, 0UL)) }, c => c.SplitSeed),
    ];

    private static IEnumerable<ConfigurationKey> ModelKeys() =>
    [
        new(KeyGroup.Model, KeyKind.Model, "model", "SPEC", "logistic, mlp:WIDTH,WIDTH,... or mlp-tanh:WIDTH,...; in a file also a list of layers",
            (c, text) => c with { Model = ParseModel(text) }, c => c.Model),
        new(KeyGroup.Model, KeyKind.Text, "loss", "NAME", $"{string.Join(", ", Learning.Graph.Loss.Names[..^1])} or {Learning.Graph.Loss.Names[^1]}; auto is cross-entropy for classes, mse for numbers",
            (c, text) => c with { Loss = TextOrAutomatic(text, t => OneOf(t, Learning.Graph.Loss.Names)) }, c => c.Loss),
        new(KeyGroup.Model, KeyKind.Number, "label-smoothing", "SHARE", "cross-entropy, binary-cross-entropy: how much of each target is spread over all classes",
            (c, text) => c with { LabelSmoothing = Number(text, v => v is >= 0 and < 1, "from 0 to below 1") }, c => c.LabelSmoothing),
        new(KeyGroup.Model, KeyKind.Number, "huber-delta", "DIFFERENCE", "huber: where the loss turns from a parabola into a straight line",
            (c, text) => c with { HuberDelta = Number(text, v => v > 0, "above 0") }, c => c.HuberDelta),
    ];

    private static IEnumerable<ConfigurationKey> OptimizerKeys() =>
    [
        new(KeyGroup.Optimizer, KeyKind.Text, "optimizer", "NAME", string.Join(", ", OptimizerChain.Names),
            (c, text) => c with { Optimizer = OneOf(text, OptimizerChain.Names) }, c => c.Optimizer),
        new(KeyGroup.Optimizer, KeyKind.Number, "learning-rate", "RATE", $"step size; find runs a range test first; auto is {Resolution.UsualLearningRates}",
            (c, text) => text == FindWord ? c with { FindsLearningRate = true } : c with { LearningRate = OrAutomatic(text, t => Number(t, v => v > 0, "above 0")), FindsLearningRate = false },
            c => c.FindsLearningRate ? FindWord : c.LearningRate),
        new(KeyGroup.Optimizer, KeyKind.Number, "momentum", "DECAY", "momentum, nesterov, lars, rmsprop: how much of the last update is kept; auto is 0.9, for rmsprop 0",
            (c, text) => c with { Momentum = OrAutomatic(text, Decay) }, c => c.Momentum),
        new(KeyGroup.Optimizer, KeyKind.Number, "beta1", "DECAY", "adam and its family: decay of the mean gradient", (c, text) => c with { Beta1 = Decay(text) }, c => c.Beta1),
        new(KeyGroup.Optimizer, KeyKind.Number, "beta2", "DECAY", "adam and its family: decay of the mean squared gradient", (c, text) => c with { Beta2 = Decay(text) }, c => c.Beta2),
        new(KeyGroup.Optimizer, KeyKind.Number, "epsilon", "VALUE", "adaptive optimizers: added to the denominator; auto by optimizer",
            (c, text) => c with { Epsilon = OrAutomatic(text, t => Number(t, v => v > 0, "above 0")) }, c => c.Epsilon),
        new(KeyGroup.Optimizer, KeyKind.Number, "rho", "DECAY", "adadelta, rmsprop: decay of the mean squares; auto is 0.9, for rmsprop 0.99",
            (c, text) => c with { Rho = OrAutomatic(text, Decay) }, c => c.Rho),
        new(KeyGroup.Optimizer, KeyKind.Switch, "centered", "yes|no", "rmsprop: whether to divide by the gradient's deviation, not its root mean square; auto is no",
            (c, text) => c with { Centered = OrAutomatic(text, Switch) }, c => c.Centered),
        new(KeyGroup.Optimizer, KeyKind.Number, "momentum-decay", "RATE", "nadam: how fast its momentum reaches beta1",
            (c, text) => c with { MomentumDecay = AtLeastZero(text) }, c => c.MomentumDecay),
        new(KeyGroup.Optimizer, KeyKind.Number, "initial-accumulator", "VALUE", "adagrad: where its sum of squares starts",
            (c, text) => c with { InitialAccumulator = AtLeastZero(text) }, c => c.InitialAccumulator),
        new(KeyGroup.Optimizer, KeyKind.Number, "trust-coefficient", "VALUE", "lars: share of a tensor's norm that a step of rate 1 moves it by",
            (c, text) => c with { TrustCoefficient = Number(text, v => v > 0, "above 0") }, c => c.TrustCoefficient),
        new(KeyGroup.Optimizer, KeyKind.Number, "l1", "STRENGTH", "adds STRENGTH x sign(weight) to the gradient; 0 for none",
            (c, text) => c with { L1 = AtLeastZero(text) }, c => c.L1),
        new(KeyGroup.Optimizer, KeyKind.Number, "l2", "STRENGTH", "adds STRENGTH x weight to the gradient; 0 for none",
            (c, text) => c with { L2 = AtLeastZero(text) }, c => c.L2),
        new(KeyGroup.Optimizer, KeyKind.Number, "weight-decay", "STRENGTH", "shrinks weights by rate x STRENGTH a step, apart from the gradient; auto is 0.01 for adamw, else 0",
            (c, text) => c with { WeightDecay = OrAutomatic(text, AtLeastZero) }, c => c.WeightDecay),
        new(KeyGroup.Optimizer, KeyKind.Number, "clip-value", "LIMIT", "cuts each element of the mean gradient to this magnitude; 0 for no limit",
            (c, text) => c with { ClipValue = AtLeastZero(text) }, c => c.ClipValue),
        new(KeyGroup.Optimizer, KeyKind.Number, "clip-norm", "LIMIT", "scales the mean gradient down to this norm over all tensors; 0 for no limit",
            (c, text) => c with { ClipNorm = AtLeastZero(text) }, c => c.ClipNorm),
    ];

    private static IEnumerable<ConfigurationKey> TrainingKeys() =>
    [
        new(KeyGroup.Training, KeyKind.Number, "batch-size", "SAMPLES", "samples of a mini-batch, over all workers together",
            (c, text) => c with { BatchSize = WholeNumber(text, 1) }, c => c.BatchSize)
        {
            ShortFlag = "--batch",
        },
        new(KeyGroup.Training, KeyKind.Number, "micro-batches", "COUNT", "pieces of a mini-batch that workers share out, rounded down to a power of two; auto by size",
            (c, text) => c with { MicroBatches = OrAutomatic(text, t => WholeNumber(t, 1)) }, c => c.MicroBatches),
        new(KeyGroup.Training, KeyKind.Number, "epochs", "COUNT", "passes over the training data; 0 saves the initial weights",
            (c, text) => c with { Epochs = WholeNumber(text, 0) }, c => c.Epochs),
        new(KeyGroup.Training, KeyKind.Number, "seed", "NUMBER", "decides the split, the initial weights and the order of samples",
            (c, text) => c with { Seed = WholeNumber(text, 0UL) }, c => c.Seed),
    ];

    private static IEnumerable<ConfigurationKey> ExecutionKeys() =>
    [
        new(KeyGroup.Execution, KeyKind.Number, "workers", "COUNT", "workers that compute gradients; any number gives the same weights, bit for bit",
            (c, text) => c with { Workers = WholeNumber(text, 1) }, c => c.Workers),
        new(KeyGroup.Execution, KeyKind.Text, "engine", "NAME", "simd (fast) or reference (slow and plain); both give the same bits",
            (c, text) => c with { Engine = OneOf(text, EngineNames) }, c => c.Engine),
        new(KeyGroup.Execution, KeyKind.Text, "runtime", "NAME", "in-process (a thread a worker), deterministic (one thread under virtual time, the same order of messages every time), or akka (processes on Akka.NET, with listen or processes; without it they use TCP alone); same weights",
            (c, text) => c with { Runtime = OneOf(text, RuntimeNames) }, c => c.Runtime),
        new(KeyGroup.Execution, KeyKind.Number, "threads-per-worker", "COUNT", "threads on which each worker computes; any number gives the same weights",
            (c, text) => c with { ThreadsPerWorker = WholeNumber(text, 1) }, c => c.ThreadsPerWorker),
        new(KeyGroup.Execution, KeyKind.Text, "memory", "SIZE", "what a worker's activations may take, such as 512MiB or 2GiB; a worker then computes its micro-batches in turns, to the same weights",
            (c, text) => c with { MemoryBytes = OrAutomatic(text, ByteSize.Parse) }, c => c.MemoryBytes is { } bytes ? ByteSize.Format(bytes) : null),
    ];

    private static double AtLeastZero(string text) => Number(text, v => v >= 0, "of at least 0");

    private static double Decay(string text) => Number(text, v => v is >= 0 and < 1, "from 0 to below 1");

    private static ModelSpecification ParseModel(string text)
    {
        try
        {
            return ModelSpecification.Parse(text);
        }
        catch (InvalidInputException refusal)
        {
            throw new InvalidValueException($"is not usable: {refusal.Message}");
        }
    }
}
