using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Runtime.RunDirectory;

/// <summary>Learned weights with all that is needed to use them.</summary>
public sealed record TrainedModel
{
    public required ModelSpecification Specification { get; init; }

    public required ModelGraph Graph { get; init; }

    public required Loss Loss { get; init; }

    /// <summary>Flat weights in the graph's layout.</summary>
    public required TensorBuffer Weights { get; init; }

    /// <summary>See <see cref="Runtime.WeightsHash"/>; checked when the model is read.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>The arithmetic that made the weights.</summary>
    public required ArithmeticId ArithmeticId { get; init; }

    /// <summary>Steps of training behind the weights.</summary>
    public required long Step { get; init; }

    /// <summary>Texts that this room stores without reading them, such as what was done to the data.</summary>
    public required ImmutableSortedDictionary<string, string> Attributes { get; init; }
}
