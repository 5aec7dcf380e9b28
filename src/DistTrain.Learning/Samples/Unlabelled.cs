namespace DistTrain.Learning;

/// <summary>No targets: samples that a model is to be asked about, not trained or judged on.</summary>
public sealed record Unlabelled(int SampleCount) : Targets
{
    public override int Count => SampleCount;

    public override int OutputWidth => 0;

    public override int LabelsPerSample => 0;

    public override int ValuesPerSample => 0;

    public override TargetBatch Slice(int first, int count) => default;

    public override TargetBatch Gather(ReadOnlySpan<int> samples, Span<int> labels, Span<float> values) => default;
}
