namespace DistTrain.Learning;

/// <summary>The targets of a batch as the engine reads them: exactly one of the two is filled.</summary>
public readonly ref struct TargetBatch
{
    public TargetBatch(ReadOnlySpan<int> labels)
    {
        Labels = labels;
    }

    public TargetBatch(ReadOnlySpan<float> values)
    {
        Values = values;
    }

    /// <summary>[samples] class indices.</summary>
    public ReadOnlySpan<int> Labels { get; }

    /// <summary>[samples × width] values, row-major.</summary>
    public ReadOnlySpan<float> Values { get; }
}
