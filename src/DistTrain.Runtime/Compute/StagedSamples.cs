using DistTrain.Actors;
using DistTrain.Learning;

namespace DistTrain.Runtime.Compute;

/// <summary>The samples of one range of micro-batches, gathered from the data set into contiguous memory.</summary>
internal sealed class StagedSamples(SampleSet data, EpochOrders orders)
{
    private readonly int inputLength = data.SampleShape.ElementCount;
    private TensorBuffer inputs = new(0);
    private int[] ids = [];
    private int[] labels = [];
    private float[] values = [];
    private (MiniBatch Batch, WorkRange Range)? content;

    public int Count { get; private set; }

    /// <summary>[samples × elements of a sample].</summary>
    public ReadOnlySpan<float> Inputs => InputsOf(0, Count);

    /// <summary>[samples] indices in the data set.</summary>
    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Count);

    public TargetBatch Targets => TargetsOf(0, Count);

    /// <summary>[count × elements of a sample] of a part of the samples.</summary>
    public ReadOnlySpan<float> InputsOf(int first, int count) => inputs.Span.Slice(first * inputLength, count * inputLength);

    /// <summary>The targets of a part of the samples.</summary>
    public TargetBatch TargetsOf(int first, int count) => data.Targets.ValuesPerSample is > 0 and var width
        ? new TargetBatch(values.AsSpan(first * width, count * width))
        : new TargetBatch(labels.AsSpan(first * data.Targets.LabelsPerSample, count * data.Targets.LabelsPerSample));

    public bool Holds(MiniBatch batch, WorkRange range) => content == (batch, range);

    public void Gather(MiniBatch batch, WorkRange range)
    {
        var partition = batch.Partition;
        var first = partition.Boundary(range.First);
        Count = partition.Boundary(range.End) - first;
        MakeRoom();
        orders.Get(batch.Epoch).AsSpan(batch.FirstPosition + first, Count).CopyTo(ids);
        data.Targets.Gather(Ids, labels, values);
        var source = data.Inputs.Span;
        var destination = inputs.Span;
        for (var i = 0; i < Count; i++)
        {
            source.Slice(ids[i] * inputLength, inputLength).CopyTo(destination[(i * inputLength)..]);
        }

        content = (batch, range);
    }

    private void MakeRoom()
    {
        if (ids.Length < Count)
        {
            inputs = new TensorBuffer(Count * inputLength);
            ids = new int[Count];
            labels = new int[Count * data.Targets.LabelsPerSample];
            values = new float[Count * data.Targets.ValuesPerSample];
        }
    }
}
