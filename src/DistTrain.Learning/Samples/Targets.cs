using System.Collections.Immutable;

namespace DistTrain.Learning;

/// <summary>What the model should answer: a class for each sample or for each position of it, or values for each sample.</summary>
public abstract record Targets
{
    /// <summary>Number of samples.</summary>
    public abstract int Count { get; }

    /// <summary>The number of classes, or of values a sample: what a model has as outputs unless its loss says otherwise (<see cref="Graph.Loss.OutputWidth"/>).</summary>
    public abstract int OutputWidth { get; }

    /// <summary>Class labels of one sample: 1, or the number of positions of a sequence; 0 for targets that are no classes. An accuracy is a share of labels.</summary>
    public abstract int LabelsPerSample { get; }

    /// <summary>Target values of one sample; 0 for targets that are no values.</summary>
    public abstract int ValuesPerSample { get; }

    /// <summary>The targets of <paramref name="count"/> samples in data order.</summary>
    public abstract TargetBatch Slice(int first, int count);

    /// <summary>The targets of the given samples, copied into whichever of the two buffers is theirs.</summary>
    /// <param name="samples">Indices of samples.</param>
    /// <param name="labels">[at least the samples × labels a sample] for class labels.</param>
    /// <param name="values">[at least the samples × values a sample] for values.</param>
    public abstract TargetBatch Gather(ReadOnlySpan<int> samples, Span<int> labels, Span<float> values);

    private protected static void GatherRows<T>(ReadOnlySpan<T> rows, int width, ReadOnlySpan<int> samples, Span<T> destination)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            rows.Slice(samples[i] * width, width).CopyTo(destination[(i * width)..]);
        }
    }
}

/// <summary>Class indices in [0, <c>ClassNames.Length</c>).</summary>
/// <param name="Labels">[samples × labels a sample], row-major.</param>
/// <param name="ClassNames">By class index.</param>
/// <param name="LabelsPerSample">Labels of one sample, at least 1: more than one where every position of a sequence has a label of its own, as in next-step prediction.</param>
public sealed record ClassLabels(ReadOnlyMemory<int> Labels, ImmutableArray<string> ClassNames, int LabelsPerSample = 1) : Targets
{
    public override int Count => Labels.Length / LabelsPerSample;

    public override int OutputWidth => ClassNames.Length;

    public override int LabelsPerSample { get; } = LabelsPerSample;

    public override int ValuesPerSample => 0;

    public override TargetBatch Slice(int first, int count) => new(Labels.Span.Slice(first * LabelsPerSample, count * LabelsPerSample));

    public override TargetBatch Gather(ReadOnlySpan<int> samples, Span<int> labels, Span<float> values)
    {
        GatherRows(Labels.Span, LabelsPerSample, samples, labels);
        return new TargetBatch(labels[..(samples.Length * LabelsPerSample)]);
    }
}

/// <summary><see cref="Width"/> values for each sample, [samples × width], row-major.</summary>
public sealed record TargetValues(ReadOnlyMemory<float> Values, int Width) : Targets
{
    public override int Count => Values.Length / Width;

    public override int OutputWidth => Width;

    public override int LabelsPerSample => 0;

    public override int ValuesPerSample => Width;

    public override TargetBatch Slice(int first, int count) => new(Values.Span.Slice(first * Width, count * Width));

    public override TargetBatch Gather(ReadOnlySpan<int> samples, Span<int> labels, Span<float> values)
    {
        GatherRows(Values.Span, Width, samples, values);
        return new TargetBatch(values[..(samples.Length * Width)]);
    }
}
