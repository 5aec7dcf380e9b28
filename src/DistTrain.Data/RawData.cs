using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>A source's content as it was found, before splitting and scaling.</summary>
internal sealed record RawData
{
    /// <summary>Short, for headings.</summary>
    public required string Name { get; init; }

    /// <summary>One line: what it is, and whom to credit for it.</summary>
    public required string Description { get; init; }

    public required TensorShape SampleShape { get; init; }

    public required RawPart Train { get; init; }

    /// <summary>The source's own test part; null where it has none. Its targets have the same classes as those of <see cref="Train"/>.</summary>
    public required RawPart? Test { get; init; }

    public required ScalingKind DefaultScaling { get; init; }

    /// <summary>The largest value an input can have where the smallest is 0 and both are known beforehand, as for pixels; null where they must be measured.</summary>
    public required double? KnownMaximum { get; init; }
}

/// <summary>Samples as found in a source.</summary>
/// <param name="Inputs">[samples × elements of a sample], row-major.</param>
/// <param name="Targets">One for each sample.</param>
internal sealed record RawPart(float[] Inputs, Targets Targets)
{
    public int Count => Targets.Count;
}
