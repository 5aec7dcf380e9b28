using System.Globalization;
using DistTrain.Learning;
using DistTrain.Learning.Numerics;

namespace DistTrain.Data;

/// <summary>Draws samples, each from a stream of random numbers of its own, so that neither their number nor the processors that share the work change any of them.</summary>
internal static class SyntheticData
{
    /// <summary>Draws one sample into <paramref name="input"/>.</summary>
    public delegate void SampleMaker(int sample, CounterBasedRandom random, Span<float> input);

    /// <exception cref="InvalidInputException">More values than the limits allow.</exception>
    public static RawData Read(SyntheticSource source, DataLimits limits) => source switch
    {
        SpiralsSource spirals => Spirals.Make(spirals, limits),
        GaussianTeacherSource teacher => GaussianTeacher.Make(teacher, limits),
        StrokesSource strokes => Strokes.Make(strokes, limits),
        _ => throw new ArgumentException($"{source.GetType().Name} has no generator", nameof(source)),
    };

    /// <summary>The random numbers of one sample, or of whatever else has a number within a purpose.</summary>
    public static CounterBasedRandom Stream(ulong seed, uint purpose, int number) => new(seed, ((ulong)purpose << 32) | (uint)number);

    /// <summary>[samples × elements of a sample].</summary>
    public static float[] Fill(SyntheticSource source, TensorShape shape, uint purpose, DataLimits limits, SampleMaker make)
    {
        var length = shape.ElementCount;
        RequireWithin((long)source.Samples * length, source, limits);
        var inputs = new float[source.Samples * length];
        Parallel.For(0, source.Samples, sample => make(sample, Stream(source.Seed, purpose, sample), inputs.AsSpan(sample * length, length)));
        return inputs;
    }

    public static void RequireWithin(long values, SyntheticSource source, DataLimits limits)
    {
        if (values > Math.Min(limits.MaximumValues, Array.MaxLength))
        {
            throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"{source} would hold {values} values, over the bound of {limits.MaximumValues}: ask for fewer samples."));
        }
    }

    /// <summary>Data in which sample <c>i</c> is of class <c>i mod classes</c>.</summary>
    public static ClassLabels CyclicLabels(int samples, int classes) => new(Enumerable.Range(0, samples).Select(sample => sample % classes).ToArray(), ClassNames(classes));

    public static System.Collections.Immutable.ImmutableArray<string> ClassNames(int classes) =>
        [.. Enumerable.Range(0, classes).Select(label => label.ToString(CultureInfo.InvariantCulture))];

    public static RawData Describe(string name, SyntheticSource source, TensorShape shape, float[] inputs, Targets targets) => new()
    {
        Name = name,
        Description = string.Create(CultureInfo.InvariantCulture, $"{source.Samples:N0} samples of shape {shape}, drawn: {source}"),
        SampleShape = shape,
        Train = new RawPart(inputs, targets),
        Test = null,
        DefaultScaling = ScalingKind.None,
        KnownMaximum = null,
    };
}
