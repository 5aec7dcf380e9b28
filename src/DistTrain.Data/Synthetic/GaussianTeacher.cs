using DistTrain.Learning;
using DistTrain.Learning.Numerics;

namespace DistTrain.Data;

/// <summary>See <see cref="GaussianTeacherSource"/>. Sums run in index order in double.</summary>
internal sealed class GaussianTeacher
{
    private const uint SamplePurpose = 0x54454143;
    private const uint WeightPurpose = 0x54455754;
    private readonly GaussianTeacherSource source;
    private readonly int width;
    private readonly double[] hiddenWeights;
    private readonly double[] outputWeights;

    private GaussianTeacher(GaussianTeacherSource source, int width)
    {
        this.source = source;
        this.width = width;
        hiddenWeights = DrawWeights(0, source.Hidden, source.Features);
        outputWeights = DrawWeights(1, width, source.Hidden);
    }

    public static RawData Make(GaussianTeacherSource source, DataLimits limits)
    {
        var width = source.Classes ?? source.Outputs;
        foreach (var values in new[] { (long)source.Samples * source.Features, (long)source.Hidden * source.Features, (long)width * source.Hidden, source.Classes is null ? (long)source.Samples * width : 0 })
        {
            SyntheticData.RequireWithin(values, source, limits);
        }

        var teacher = new GaussianTeacher(source, width);
        var shape = new TensorShape(source.Features);
        var labels = source.Classes is null ? [] : new int[source.Samples];
        var targets = source.Classes is null ? new float[source.Samples * width] : [];
        var inputs = SyntheticData.Fill(source, shape, SamplePurpose, limits, (sample, random, input) =>
        {
            for (var feature = 0; feature < input.Length; feature++)
            {
                input[feature] = (float)random.Normal();
            }

            var outputs = teacher.Answer(input);
            if (source.Classes is { } classes)
            {
                labels[sample] = random.UniformDouble() < source.LabelNoise ? (int)random.BoundedUInt((uint)classes) : IndexOfGreatest(outputs);
                return;
            }

            for (var output = 0; output < width; output++)
            {
                targets[(sample * width) + output] = (float)(outputs[output] + (source.LabelNoise * random.Normal()));
            }
        });
        return SyntheticData.Describe(
            "gaussian-teacher", source, shape, inputs, source.Classes is { } count ? new ClassLabels(labels, SyntheticData.ClassNames(count)) : new TargetValues(targets, width));
    }

    private double[] DrawWeights(int layer, int rows, int columns)
    {
        var random = SyntheticData.Stream(source.Seed, WeightPurpose, layer);
        var deviation = 1 / Math.Sqrt(columns);
        var weights = new double[rows * columns];
        for (var index = 0; index < weights.Length; index++)
        {
            weights[index] = deviation * random.Normal();
        }

        return weights;
    }

    private double[] Answer(ReadOnlySpan<float> input)
    {
        var hidden = new double[source.Hidden];
        for (var unit = 0; unit < hidden.Length; unit++)
        {
            var sum = 0.0;
            for (var feature = 0; feature < input.Length; feature++)
            {
                sum += hiddenWeights[(unit * input.Length) + feature] * input[feature];
            }

            hidden[unit] = DeterministicMath.Tanh(sum);
        }

        var outputs = new double[width];
        for (var output = 0; output < width; output++)
        {
            for (var unit = 0; unit < hidden.Length; unit++)
            {
                outputs[output] += outputWeights[(output * hidden.Length) + unit] * hidden[unit];
            }
        }

        return outputs;
    }

    private static int IndexOfGreatest(ReadOnlySpan<double> values)
    {
        var best = 0;
        for (var index = 1; index < values.Length; index++)
        {
            best = values[index] > values[best] ? index : best;
        }

        return best;
    }
}
