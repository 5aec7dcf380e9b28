using DistTrain.Learning;
using DistTrain.Learning.Numerics;

namespace DistTrain.Data;

/// <summary>See <see cref="SpiralsSource"/>.</summary>
internal static class Spirals
{
    private const uint Purpose = 0x53504952;

    public static RawData Make(SpiralsSource source, DataLimits limits)
    {
        var shape = new TensorShape(2);
        var inputs = SyntheticData.Fill(source, shape, Purpose, limits, (sample, random, point) =>
        {
            var radius = random.UniformDouble();
            var arm = (double)(sample % source.Classes) / source.Classes;
            var angle = (2 * Math.PI * (arm + (source.Turns * radius))) + (source.Noise * random.Normal());
            point[0] = (float)(radius * DeterministicMath.Cos(angle));
            point[1] = (float)(radius * DeterministicMath.Sin(angle));
        });
        return SyntheticData.Describe("spirals", source, shape, inputs, SyntheticData.CyclicLabels(source.Samples, source.Classes));
    }
}
