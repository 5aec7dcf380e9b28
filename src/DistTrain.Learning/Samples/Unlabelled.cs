namespace DistTrain.Learning;

/// <summary>No targets: samples that a model is to be asked about, not trained or judged on.</summary>
public sealed record Unlabelled(int SampleCount) : Targets
{
    public override int Count => SampleCount;

    public override int OutputWidth => 0;
}
