using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Tests.Shared;

/// <summary>
/// The registry of cases. Every case is checked three ways: its gradients against central differences in double precision, the SIMD engine against the reference engine, and all kernel paths against one
/// another. A new layer kind or loss needs a case here, or the table of operations fails.
/// </summary>
public static class OperationCases
{
    public static ImmutableArray<OperationCase> All { get; } =
    [
        .. Chains(), .. Activations(), .. Branches(), .. Concatenations(), .. Norms(), .. Sequences(), .. Losses(), .. ImageCases.All,
    ];

    public static OperationCase Find(string name) => All.Single(candidate => candidate.Name == name);

    /// <summary>A layer with settings in pairs: name, value.</summary>
    public static LayerSpecification Layer(string kind, params (string Setting, object Value)[] settings) =>
        settings.Aggregate(new LayerSpecification(kind), (layer, setting) => layer.With(setting.Setting, setting.Value));

    private static LayerSpecification Dense(int units) => Layer("dense", ("units", units));

    private static LayerSpecification Named(string name, LayerSpecification layer, params ImmutableArray<string> from) => layer with { Name = name, From = from.IsDefault ? [] : from };

    private static LayerSpecification Output => new("output");

    private static OperationCase Case(string name, TensorShape input, params ImmutableArray<LayerSpecification> layers) => new(name, input, layers);

    private static IEnumerable<OperationCase> Chains() =>
    [
        Case("dense", new(5), Dense(7), Dense(4), Output),
        Case("relu", new(6), Dense(19), new("relu"), Output),
        Case("tanh", new(6), Dense(5), new("tanh"), Output),
        Case("flatten", new(3, 2), new("flatten"), Dense(4), new("tanh"), Output),
    ];

    private static IEnumerable<OperationCase> Activations() =>
    [
        Case("sigmoid", new(6), Dense(19), new("sigmoid"), Dense(4), new("sigmoid"), Output),
        Case("leaky-relu", new(6), Dense(19), new("leaky-relu"), Dense(5), Layer("leaky-relu", ("slope", 0.3)), Output),
        Case("elu", new(6), Dense(19), new("elu"), Dense(5), Layer("elu", ("alpha", 0.7)), Output),
        Case("gelu", new(6), Dense(19), new("gelu"), Dense(5), Layer("gelu", ("approximation", "tanh")), Output),
        Case("swish", new(6), Dense(19), new("swish"), Output),
        Case("dropout", new(6), Dense(19), Layer("dropout", ("rate", 0.3)), Dense(67), new("relu"), Layer("dropout"), Output),
        Case("dropout of a sequence", new(9, 15), new("layer-norm"), Layer("dropout", ("rate", 0.9)), new("flatten"), Layer("dropout", ("rate", 0)), Output),
        Case("embedding", new(5), Layer("embedding", ("vocabulary", 7), ("dimensions", 3)), new("flatten"), Dense(4), new("tanh"), Output) with { Vocabulary = 7 },
        Case("embedding of many tokens", new(3), Layer("embedding", ("vocabulary", 40), ("dimensions", 17)), new("layer-norm"), new("flatten"), Output) with { Vocabulary = 40 },
        Case("softmax", new(6), Dense(19), new("softmax"), Dense(5), Output),
        Case("softmax of a sequence", new(3, 5), new("layer-norm"), new("softmax"), new("flatten"), Output),
        Case("one activation behind the other", new(6), Dense(7), new("tanh"), new("tanh"), new("sigmoid"), new("softmax"), new("elu"), new("gelu"), new("swish"), new("leaky-relu"), Output),
        Case("activations of a branch", new(6), Named("trunk", Dense(7)), Named("left", new("gelu"), "trunk"), Named("right", new("sigmoid"), "trunk"), new LayerSpecification("add") { From = ["left", "right", "trunk"] }, Output),
        Case("activations of the samples", new(6), new("swish"), new("sigmoid"), Output),
    ];

    private static IEnumerable<OperationCase> Branches() =>
    [
        Case(
            "add", new(4), Named("trunk", Dense(6)), Named("active", new("tanh")), Named("branch", Dense(6)), Named("sum", new("add"), "active", "branch", "active"), new("relu"),
            Named("again", new("add"), "relu1", "trunk", "sum"), new("tanh"), Output),
    ];

    private static IEnumerable<OperationCase> Concatenations() =>
    [
        Case(
            "concat of features", new(4), Named("wide", Dense(17)), Named("narrow", Dense(3), "wide"), Named("joined", new("concat"), "narrow", "wide", "narrow"), new("tanh"), new("layer-norm"), Output),
        Case(
            "concat of images, with the input itself", new(3, 2, 2), Layer("conv", ("filters", 5), ("kernel", 1)), new LayerSpecification("concat") { From = ["conv1", "input"] }, new("relu"),
            new("flatten"), Output),
    ];

    private static IEnumerable<OperationCase> Norms() =>
    [
        Case("batch-norm of features", new(4), Dense(21), new("batch-norm"), new("relu"), Dense(3), Layer("batch-norm", ("momentum", 0.3), ("epsilon", 0.01)), Output),
        Case("batch-norm of a sequence", new(3, 5), new("batch-norm"), new("flatten"), Output),
        Case("batch-norm of an image", new(3, 2, 17), new("batch-norm"), new("tanh"), Layer("batch-norm", ("epsilon", 0.001)), new("flatten"), Output),
        Case(
            "batch-norm in branches", new(4), Named("trunk", Dense(6)), Named("norm", new("batch-norm"), "trunk"), Named("other", new("batch-norm"), "trunk"), new("relu"),
            new LayerSpecification("add") { From = ["relu1", "norm", "trunk"] }, Output),
        Case("layer-norm of features", new(4), Dense(33), new("layer-norm"), new("relu"), Dense(5), Layer("layer-norm", ("epsilon", 0.01)), Output),
        Case("layer-norm of a sequence", new(4, 18), new("layer-norm"), new("tanh"), new("layer-norm"), new("flatten"), Output),
    ];

    private static IEnumerable<OperationCase> Sequences() =>
    [
        Case("lstm, last step", new(4, 3), Layer("dense", ("units", 5), ("per-position", "yes")), Layer("lstm", ("units", 17)), Output),
        Case("lstm, all steps", new(5), Layer("lstm", ("units", 3), ("return", "all"), ("forget-bias", 0.5)), new("tanh"), Layer("lstm", ("units", 5)), Output),
        Case("lstm of one step", new(1, 4), Dense4PerPosition, Layer("lstm", ("units", 4), ("return", "all")), new("flatten"), Output),
        Case(
            "lstm in branches", new(3, 2), Named("trunk", Layer("lstm", ("units", 4), ("return", "all"))), Named("second", Layer("lstm", ("units", 4), ("return", "all")), "trunk"),
            Named("sum", new("add"), "second", "trunk"), new("layer-norm"), Layer("lstm", ("units", 2)), Output),
        Case("dense at each position", new(3, 2, 4), Dense4PerPosition, new("relu"), Layer("dense", ("units", 18), ("per-position", "yes")), new("tanh"), new("flatten"), Output),
        Case("cross-entropy at each position", new(3, 2), Dense4PerPosition, new("tanh"), Layer("output", ("per-position", "yes"))) with
        {
            Loss = new SoftmaxCrossEntropyLoss(0.1), LabelsPerSample = 3,
        },
        Case("next-step prediction", new(4), Layer("lstm", ("units", 5), ("return", "all")), Layer("output", ("per-position", "yes"))) with { LabelsPerSample = 4 },
    ];

    private static LayerSpecification Dense4PerPosition => Layer("dense", ("units", 4), ("per-position", "yes"));

    private static IEnumerable<OperationCase> Losses() =>
    [
        Case("mse of values", new(4), Dense(5), new("tanh"), Output) with { Loss = new MeanSquaredErrorLoss(), HasValueTargets = true },
        Case("mse of classes", new(4), Dense(5), new("tanh"), Output) with { Loss = new MeanSquaredErrorLoss() },
        Case("mse of one value", new(4), Dense(5), new("tanh"), Output) with { Loss = new MeanSquaredErrorLoss(), HasValueTargets = true, OutputWidth = 1 },
        Case("mae of values", new(4), Dense(5), new("tanh"), Output) with { Loss = new MeanAbsoluteErrorLoss(), HasValueTargets = true, OutputWidth = 19 },
        Case("mae of classes", new(4), Dense(5), new("tanh"), Output) with { Loss = new MeanAbsoluteErrorLoss() },
        Case("huber of values", new(4), Dense(5), new("tanh"), Output) with { Loss = new HuberLoss(), HasValueTargets = true, OutputWidth = 35 },
        Case("huber of classes", new(4), Dense(5), new("tanh"), Output) with { Loss = new HuberLoss(0.3) },
        Case("binary-cross-entropy of two classes", new(4), Dense(5), new("tanh"), Output) with { Loss = new BinaryCrossEntropyLoss(), OutputWidth = 1 },
        Case("binary-cross-entropy of many labels", new(4), Dense(5), new("tanh"), Output) with { Loss = new BinaryCrossEntropyLoss(0.1), HasValueTargets = true, OutputWidth = 21 },
        Case("dice", new(4), Dense(5), new("tanh"), Output) with { Loss = new DiceLoss(), HasValueTargets = true, OutputWidth = 18 },
        Case("dice of one value", new(4), Dense(5), new("tanh"), Output) with { Loss = new DiceLoss(), HasValueTargets = true, OutputWidth = 1 },
        Case("cross-entropy with smoothed labels", new(4), Dense(5), new("tanh"), Output) with { Loss = new SoftmaxCrossEntropyLoss(0.1), OutputWidth = 18 },
        Case("cross-entropy of many classes", new(4), Dense(5), new("tanh"), Output) with { OutputWidth = 19 },
    ];
}
