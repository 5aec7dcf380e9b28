using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Learning.Graph;

/// <summary>A model that has a name of its own.</summary>
/// <param name="Name">What stands before the colon, if any.</param>
/// <param name="Form">How it is written, such as <c>mlp:WIDTH,WIDTH,…</c>.</param>
/// <param name="Example">A form that <see cref="ModelSpecification.Parse"/> takes.</param>
/// <param name="Description">A phrase for people.</param>
/// <param name="Layers">From what stands behind the colon (null without one) to layers; throws <see cref="InvalidInputException"/> where it does not understand it.</param>
public sealed record NamedModel(string Name, string Form, string Example, string Description, Func<string?, ImmutableArray<LayerSpecification>> Layers);

/// <summary>The models with names.</summary>
public static class NamedModels
{
    public static ImmutableArray<NamedModel> All { get; } =
    [
        new("cnn", "cnn", "cnn", "two convolutions of 5x5 with max-pooling, then a dense layer of 1,024", WithoutArguments("cnn", ImageLayers.Cnn)),
        new("lenet5", "lenet5", "lenet5", "LeNet-5 with tanh, average pooling and full connections", WithoutArguments("lenet5", ImageLayers.LeNet5)),
        new("logistic", "logistic", "logistic", "multinomial logistic regression", WithoutArguments("logistic", [new("flatten"), new("output")])),
        new("lstm", "lstm:UNITS,UNITS,…", "lstm:128", "long short-term memory over the rows of a sample, its last state into the output", Recurrent),
        new("mlp", "mlp:WIDTH,WIDTH,…", "mlp:512,512", "perceptron with ReLU between the layers", widths => Perceptron("mlp", "relu", widths)),
        new("mlp-tanh", "mlp-tanh:WIDTH,WIDTH,…", "mlp-tanh:128", "perceptron with tanh between the layers", widths => Perceptron("mlp-tanh", "tanh", widths)),
        new("resnet8", "resnet8", "resnet8", "residual network for small images: three blocks of two 3x3 convolutions", WithoutArguments("resnet8", ResidualModels.ResNet8)),
    ];

    private static Func<string?, ImmutableArray<LayerSpecification>> WithoutArguments(string name, ImmutableArray<LayerSpecification> layers) =>
        arguments => arguments is null ? layers : throw new InvalidInputException($"model '{name}:{arguments}': {name} takes no arguments, write it alone, for example {name}");

    private static ImmutableArray<LayerSpecification> Perceptron(string name, string activation, string? widths) =>
        [new("flatten"), .. Numbers(name, widths, "layer width").SelectMany(width => new[] { new LayerSpecification("dense").With("units", width), new(activation) }), new("output")];

    /// <summary>Every layer but the last hands all its steps to the next.</summary>
    private static ImmutableArray<LayerSpecification> Recurrent(string? units)
    {
        var layers = Numbers("lstm", units, "unit count").Select(count => new LayerSpecification("lstm").With("units", count)).ToArray();
        return [.. layers[..^1].Select(layer => layer.With("return", "all")), layers[^1], new("output")];
    }

    /// <summary>Whole numbers of at least 1, separated by commas.</summary>
    private static IEnumerable<int> Numbers(string name, string? list, string what)
    {
        if (list is null)
        {
            throw new InvalidInputException($"model '{name}' needs its {what}s: write {All.First(model => model.Name == name).Form}, for example {All.First(model => model.Name == name).Example}");
        }

        return list.Split(',').Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1
            ? number
            : throw new InvalidInputException($"model '{name}:{list}': '{text}' is not a {what}; write whole numbers of at least 1, for example {All.First(model => model.Name == name).Example}"));
    }
}
