namespace DistTrain.Learning;

/// <summary>
/// Samples held in memory: <see cref="Count"/> rows of <see cref="SampleShape"/> float32 values, row-major in one array, with their targets.
/// The values are final: scaling and splitting have been done.
/// </summary>
public sealed class SampleSet
{
    /// <param name="sampleShape">Shape of one sample, without the batch dimension.</param>
    /// <param name="inputs">[samples × elements of a sample], row-major.</param>
    /// <param name="targets">One target a sample.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    public SampleSet(TensorShape sampleShape, ReadOnlyMemory<float> inputs, Targets targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (inputs.Length != (long)targets.Count * sampleShape.ElementCount)
        {
            throw new ArgumentException($"{targets.Count} samples of shape {sampleShape} need {(long)targets.Count * sampleShape.ElementCount} values, not {inputs.Length}", nameof(inputs));
        }

        SampleShape = sampleShape;
        Inputs = inputs;
        Targets = targets;
    }

    public TensorShape SampleShape { get; }

    public ReadOnlyMemory<float> Inputs { get; }

    public Targets Targets { get; }

    public int Count => Targets.Count;

    public ReadOnlySpan<float> Input(int sample) => Inputs.Span.Slice(sample * SampleShape.ElementCount, SampleShape.ElementCount);
}
