using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Data;

public enum ScalingKind
{
    /// <summary>Values stay as they are.</summary>
    None,

    /// <summary>
    /// To the range from 0 to 1: by the largest possible value where it is known, as for pixels, otherwise feature by feature by the extremes of the training part.
    /// </summary>
    Unit,

    /// <summary>Feature by feature to mean 0 and deviation 1 over the training part.</summary>
    Standard,
}

/// <summary>
/// Scales inputs: feature <c>f</c> becomes <c>(x - Offsets[f]) / Divisors[f]</c>, computed in double and rounded to float32. A divisor of 0 makes
/// the feature 0: it was constant in the training part, so a model has learned nothing from it. The parameters come from the training part only.
/// </summary>
/// <param name="Kind">How the parameters were found.</param>
/// <param name="Offsets">One for each feature, or a single one for all.</param>
/// <param name="Divisors">As many as offsets.</param>
public sealed record InputScaling(ScalingKind Kind, ImmutableArray<double> Offsets, ImmutableArray<double> Divisors)
{
    /// <summary>Finds the parameters of <paramref name="kind"/> for the training part.</summary>
    /// <param name="kind">What is asked for.</param>
    /// <param name="train">[samples × <paramref name="featureCount"/>], row-major.</param>
    /// <param name="featureCount">Elements of a sample.</param>
    /// <param name="knownMaximum">The largest possible value where the smallest is 0 and both are known; null where they must be measured.</param>
    internal static InputScaling Fit(ScalingKind kind, ReadOnlySpan<float> train, int featureCount, double? knownMaximum) => kind switch
    {
        ScalingKind.None => new InputScaling(kind, [0], [1]),
        ScalingKind.Unit when knownMaximum is { } maximum => new InputScaling(kind, [0], [maximum]),
        ScalingKind.Unit => FitExtremes(train, featureCount),
        _ => FitMoments(train, featureCount),
    };

    /// <summary>Scales in place.</summary>
    /// <param name="values">[samples × elements of a sample], row-major.</param>
    /// <param name="what">Named in messages.</param>
    /// <exception cref="InvalidInputException">A value is so far from those of the training part that its scaled value is not finite.</exception>
    internal void Apply(Span<float> values, string what)
    {
        if (Kind == ScalingKind.None)
        {
            return;
        }

        if (Offsets.Length == 1)
        {
            ApplyToAll(values, Offsets[0], Divisors[0]);
        }
        else
        {
            ApplyByFeature(values);
        }

        RequireFinite(values, what);
    }

    private static void ApplyToAll(Span<float> values, double offset, double divisor)
    {
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = Scale(values[index], offset, divisor);
        }
    }

    private void ApplyByFeature(Span<float> values)
    {
        var offsets = Offsets.AsSpan();
        var divisors = Divisors.AsSpan();
        for (var start = 0; start < values.Length; start += offsets.Length)
        {
            var sample = values.Slice(start, offsets.Length);
            for (var feature = 0; feature < sample.Length; feature++)
            {
                sample[feature] = Scale(sample[feature], offsets[feature], divisors[feature]);
            }
        }
    }

    private static float Scale(float value, double offset, double divisor) => divisor == 0 ? 0 : (float)((value - offset) / divisor);

    private void RequireFinite(ReadOnlySpan<float> values, string what)
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (!float.IsFinite(values[index]))
            {
                var featureCount = Offsets.Length;
                throw new InvalidInputException(
                    $"{what}: feature {index % featureCount} of sample {index / featureCount} is too far from the training values to be scaled (choose scaling=none).");
            }
        }
    }

    private static InputScaling FitExtremes(ReadOnlySpan<float> train, int featureCount)
    {
        var (least, most) = Extremes(train, featureCount);
        var offsets = ImmutableArray.CreateBuilder<double>(featureCount);
        var divisors = ImmutableArray.CreateBuilder<double>(featureCount);
        for (var feature = 0; feature < featureCount; feature++)
        {
            offsets.Add(least[feature]);
            divisors.Add((double)most[feature] - least[feature]);
        }

        return new InputScaling(ScalingKind.Unit, offsets.MoveToImmutable(), divisors.MoveToImmutable());
    }

    /// <summary>Mean and population deviation in two passes, each feature summed in sample order, so that the result does not depend on the processor.</summary>
    private static InputScaling FitMoments(ReadOnlySpan<float> train, int featureCount)
    {
        var sampleCount = train.Length / featureCount;
        var means = new double[featureCount];
        AddUp(train, means, static (value, _) => value, means);
        for (var feature = 0; feature < featureCount; feature++)
        {
            means[feature] /= sampleCount;
        }

        var deviations = new double[featureCount];
        AddUp(train, means, static (value, mean) => (value - mean) * (value - mean), deviations);
        var (least, most) = Extremes(train, featureCount);
        for (var feature = 0; feature < featureCount; feature++)
        {
            // The rounding of a constant's mean would make a tiny deviation of it.
            deviations[feature] = least[feature] == most[feature] ? 0 : Math.Sqrt(deviations[feature] / sampleCount);
        }

        return new InputScaling(ScalingKind.Standard, [.. means], [.. deviations]);
    }

    private static void AddUp(ReadOnlySpan<float> train, double[] parameters, Func<double, double, double> term, double[] sums)
    {
        for (var start = 0; start < train.Length; start += sums.Length)
        {
            for (var feature = 0; feature < sums.Length; feature++)
            {
                sums[feature] += term(train[start + feature], parameters[feature]);
            }
        }
    }

    private static (float[] Least, float[] Most) Extremes(ReadOnlySpan<float> train, int featureCount)
    {
        var least = train[..featureCount].ToArray();
        var most = train[..featureCount].ToArray();
        for (var start = featureCount; start < train.Length; start += featureCount)
        {
            for (var feature = 0; feature < featureCount; feature++)
            {
                var value = train[start + feature];
                least[feature] = value < least[feature] ? value : least[feature];
                most[feature] = value > most[feature] ? value : most[feature];
            }
        }

        return (least, most);
    }
}
