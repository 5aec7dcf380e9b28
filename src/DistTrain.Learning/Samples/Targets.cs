using System.Collections.Immutable;

namespace DistTrain.Learning;

/// <summary>What the model should answer: a class for each sample, or values for each sample.</summary>
public abstract record Targets
{
    public abstract int Count { get; }

    /// <summary>Number of model outputs that fit these targets: the number of classes, or the number of values a sample.</summary>
    public abstract int OutputWidth { get; }

    /// <summary>The targets of <paramref name="count"/> samples in data order.</summary>
    public abstract TargetBatch Slice(int first, int count);

    /// <summary>The targets of the given samples, copied into whichever of the two buffers is theirs.</summary>
    /// <param name="samples">Indices of samples.</param>
    /// <param name="labels">[at least the samples] for class labels.</param>
    /// <param name="values">[at least the samples × width] for values.</param>
    public abstract TargetBatch Gather(ReadOnlySpan<int> samples, Span<int> labels, Span<float> values);
}

/// <summary>One class index in [0, <c>ClassNames.Length</c>) for each sample.</summary>
public sealed record ClassLabels(ReadOnlyMemory<int> Labels, ImmutableArray<string> ClassNames) : Targets
{
    public override int Count => Labels.Length;

    public override int OutputWidth => ClassNames.Length;

    public override TargetBatch Slice(int first, int count) => new(Labels.Span.Slice(first, count));

    public override TargetBatch Gather(ReadOnlySpan<int> samples, Span<int> labels, Span<float> values)
    {
        var source = Labels.Span;
        for (var i = 0; i < samples.Length; i++)
        {
            labels[i] = source[samples[i]];
        }

        return new TargetBatch(labels[..samples.Length]);
    }
}

/// <summary><see cref="Width"/> values for each sample, [samples × width], row-major.</summary>
public sealed record TargetValues(ReadOnlyMemory<float> Values, int Width) : Targets
{
    public override int Count => Values.Length / Width;

    public override int OutputWidth => Width;

    public override TargetBatch Slice(int first, int count) => new(Values.Span.Slice(first * Width, count * Width));

    public override TargetBatch Gather(ReadOnlySpan<int> samples, Span<int> labels, Span<float> values)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            Values.Span.Slice(samples[i] * Width, Width).CopyTo(values[(i * Width)..]);
        }

        return new TargetBatch(values[..(samples.Length * Width)]);
    }
}
