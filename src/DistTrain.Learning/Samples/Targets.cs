using System.Collections.Immutable;

namespace DistTrain.Learning;

/// <summary>What the model should answer: a class for each sample, or values for each sample.</summary>
public abstract record Targets
{
    public abstract int Count { get; }

    /// <summary>Number of model outputs that fit these targets: the number of classes, or the number of values a sample.</summary>
    public abstract int OutputWidth { get; }
}

/// <summary>One class index in [0, <c>ClassNames.Length</c>) for each sample.</summary>
public sealed record ClassLabels(ReadOnlyMemory<int> Labels, ImmutableArray<string> ClassNames) : Targets
{
    public override int Count => Labels.Length;

    public override int OutputWidth => ClassNames.Length;
}

/// <summary><see cref="Width"/> values for each sample, [samples × width], row-major.</summary>
public sealed record TargetValues(ReadOnlyMemory<float> Values, int Width) : Targets
{
    public override int Count => Values.Length / Width;

    public override int OutputWidth => Width;
}
