using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>All kinds of layers that people can write down, by name.</summary>
public static class LayerCatalog
{
    /// <summary>What a norm adds to a variance.</summary>
    private static readonly LayerSetting Epsilon = LayerSetting.Number("epsilon", value => (float)value > 0, "above 0");

    /// <summary>Whether a dense layer is applied to each position of a sequence by itself.</summary>
    private static readonly LayerSetting PerPosition = LayerSetting.Switch("per-position");

    private static readonly ImmutableArray<LayerKind> All =
    [
        new("add", [], _ => new AddOperation()),
        new("average-pool", ImageLayers.PoolSettings, ImageLayers.AveragePool),
        new(
            "batch-norm",
            [LayerSetting.Number("momentum", value => value is > 0 and <= 1, "above 0, at most 1"), Epsilon],
            layer => new BatchNormOperation(layer.Number("momentum", BatchNormOperation.DefaultMomentum), layer.Number("epsilon", BatchNormOperation.DefaultEpsilon))),
        new("concat", [], _ => new ConcatOperation()),
        new("conv", ImageLayers.ConvolutionSettings, ImageLayers.Convolution),
        new(
            "dense",
            [LayerSetting.WholeNumber("units", 1), PerPosition, LayerSetting.Initializer],
            layer => new DenseOperation(layer.WholeNumber("units"), layer.Initializer(), IsPerPosition(layer))),
        new("dropout", [LayerSetting.Number("rate", rate => rate is >= 0 and < 1, "from 0 to below 1")], layer => new DropoutOperation(layer.Number("rate", 0.5))),
        new("elu", [LayerSetting.Number("alpha", alpha => alpha >= 0, "of at least 0")], layer => new EluOperation(layer.Number("alpha", 1))),
        new(
            "embedding",
            [LayerSetting.WholeNumber("vocabulary", 1), LayerSetting.WholeNumber("dimensions", 1), LayerSetting.Initializer],
            layer => new EmbeddingOperation(layer.WholeNumber("vocabulary"), layer.WholeNumber("dimensions"), InitializerCatalog.Create(layer.Text("initializer", "normal:1")))),
        new("flatten", [], _ => new FlattenOperation()),
        new("gelu", [LayerSetting.OneOf("approximation", "none", "tanh")], layer => layer.Text("approximation", "none") == "tanh" ? new GeluTanhOperation() : new GeluOperation()),
        new("global-average-pool", [], _ => new GlobalAveragePoolOperation()),
        new("global-max-pool", [], _ => new GlobalMaxPoolOperation()),
        new("layer-norm", [Epsilon], layer => new LayerNormOperation(layer.Number("epsilon", LayerNormOperation.DefaultEpsilon))),
        new("leaky-relu", [LayerSetting.Number("slope", slope => slope >= 0, "of at least 0")], layer => new LeakyReluOperation(layer.Number("slope", 0.01))),
        new(
            "lstm",
            [LayerSetting.WholeNumber("units", 1), LayerSetting.OneOf("return", "last", "all"), LayerSetting.Number("forget-bias", _ => true, "such as 1"), LayerSetting.Initializer],
            layer => new LstmOperation(
                layer.WholeNumber("units"), layer.Text("return", "last") == "all", layer.Initializer(), layer.Number("forget-bias", LstmOperation.DefaultForgetBias))),
        new("max-pool", ImageLayers.PoolSettings, ImageLayers.MaxPool),
        new("output", [PerPosition, LayerSetting.Initializer], layer => new DenseOperation(layer.OutputWidth, layer.Initializer(), IsPerPosition(layer))),
        new("relu", [], _ => new ReluOperation()),
        new("sigmoid", [], _ => new SigmoidOperation()),
        new("softmax", [], _ => new SoftmaxOperation()),
        new("swish", [], _ => new SwishOperation()),
        new("tanh", [], _ => new TanhOperation()),
    ];

    public static ImmutableArray<string> Kinds { get; } = [.. All.Select(kind => kind.Name)];

    private static bool IsPerPosition(LayerReading layer) => layer.Switch(PerPosition.Name, false);

    /// <exception cref="InvalidInputException">There is no such kind.</exception>
    public static LayerKind Find(string kind) =>
        All.FirstOrDefault(candidate => candidate.Name == kind) ?? throw new InvalidInputException($"unknown layer kind '{kind}': the kinds are {string.Join(", ", Kinds)}");
}
