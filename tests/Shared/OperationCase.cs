using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Tests.Shared;

/// <summary>A small model with a loss: what one case of the registry checks. It covers the kinds of its layers and its loss.</summary>
/// <param name="Name">Unique in the registry.</param>
/// <param name="Input">Shape of a sample.</param>
/// <param name="Layers">As they stand in YAML. A layer whose gradient by its input matters needs one with parameters in front of it.</param>
public sealed record OperationCase(string Name, TensorShape Input, ImmutableArray<LayerSpecification> Layers)
{
    public Loss Loss { get; init; } = new SoftmaxCrossEntropyLoss();

    /// <summary>Width of the output layer.</summary>
    public int OutputWidth { get; init; } = 3;

    /// <summary>Class labels of a sample.</summary>
    public int LabelsPerSample { get; init; } = 1;

    /// <summary>Number of classes of a label.</summary>
    public int ClassCount => Loss.ClassCount(OutputWidth);

    /// <summary>Whether the targets are values instead of classes.</summary>
    public bool HasValueTargets { get; init; }

    /// <summary>0: inputs are numbers around 0. Otherwise they are whole numbers below this.</summary>
    public int Vocabulary { get; init; }

    /// <summary>What the case covers: kinds of <see cref="LayerCatalog"/>, and the loss's name.</summary>
    public IEnumerable<string> Covers => Layers.Select(layer => layer.Kind).Append(Loss.Name).Distinct();

    public ModelGraph Graph() => new ModelSpecification(Layers).Build(Input, OutputWidth);

    public override string ToString() => Name;
}
