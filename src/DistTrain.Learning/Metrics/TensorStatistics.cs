namespace DistTrain.Learning.Metrics;

/// <summary>What a tensor's values look like. Sums are in double, in element order.</summary>
/// <param name="Count">Number of elements.</param>
/// <param name="NonFiniteCount">Elements that are infinite or not a number; they are left out of the rest.</param>
/// <param name="Mean">0 without finite elements, as the following.</param>
/// <param name="Deviation">Of the population: √(mean of squared differences from the mean).</param>
public readonly record struct TensorStatistics(long Count, long NonFiniteCount, double Mean, double Deviation, float Minimum, float Maximum)
{
    public static TensorStatistics Of(ReadOnlySpan<float> values)
    {
        long finite = 0;
        var sum = 0.0;
        var minimum = float.PositiveInfinity;
        var maximum = float.NegativeInfinity;
        foreach (var value in values)
        {
            if (float.IsFinite(value))
            {
                finite++;
                sum += value;
                minimum = Math.Min(minimum, value);
                maximum = Math.Max(maximum, value);
            }
        }

        if (finite == 0)
        {
            return new TensorStatistics(values.Length, values.Length, 0, 0, 0, 0);
        }

        var mean = sum / finite;
        var squares = 0.0;
        foreach (var value in values)
        {
            squares += float.IsFinite(value) ? (value - mean) * (value - mean) : 0;
        }

        return new TensorStatistics(values.Length, values.Length - finite, mean, Math.Sqrt(squares / finite), minimum, maximum);
    }
}
