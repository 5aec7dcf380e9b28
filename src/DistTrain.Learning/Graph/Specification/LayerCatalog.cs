using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>All kinds of layers that people can write down, by name.</summary>
public static class LayerCatalog
{
    private static readonly ImmutableArray<LayerKind> All =
    [
        new("add", [], _ => new AddOperation()),
        new("average-pool", ImageLayers.PoolSettings, ImageLayers.AveragePool),
        new("conv", ImageLayers.ConvolutionSettings, ImageLayers.Convolution),
        new("dense", [LayerSetting.WholeNumber("units", 1), LayerSetting.Initializer], layer => new DenseOperation(layer.WholeNumber("units"), layer.Initializer())),
        new("flatten", [], _ => new FlattenOperation()),
        new("global-average-pool", [], _ => new GlobalAveragePoolOperation()),
        new("global-max-pool", [], _ => new GlobalMaxPoolOperation()),
        new("max-pool", ImageLayers.PoolSettings, ImageLayers.MaxPool),
        new("output", [LayerSetting.Initializer], layer => new DenseOperation(layer.OutputWidth, layer.Initializer())),
        new("relu", [], _ => new ReluOperation()),
        new("tanh", [], _ => new TanhOperation()),
    ];

    public static ImmutableArray<string> Kinds { get; } = [.. All.Select(kind => kind.Name)];

    /// <exception cref="InvalidInputException">There is no such kind.</exception>
    public static LayerKind Find(string kind) =>
        All.FirstOrDefault(candidate => candidate.Name == kind) ?? throw new InvalidInputException($"unknown layer kind '{kind}': the kinds are {string.Join(", ", Kinds)}");
}
