using System.Collections.Immutable;
using MathNet.Numerics.Distributions;

namespace DistTrain.Study.Statistics;

/// <summary>The mean of a group, such as the seeds of one configuration.</summary>
/// <param name="StandardDeviation">Of single values, with n − 1; null for a single one.</param>
/// <param name="Interval">Of the mean, from Student's t with n − 1 degrees of freedom; null for a single value.</param>
public sealed record GroupMean(int Count, double Mean, double? StandardDeviation, Interval? Interval)
{
    /// <param name="values">At least one; finite.</param>
    /// <exception cref="ArgumentException">There are no values, or one is not finite.</exception>
    public static GroupMean Of(IReadOnlyCollection<double> values, double coverage = 0.95)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0 || values.Any(value => !double.IsFinite(value)))
        {
            throw new ArgumentException("a mean needs at least one value, and finite ones", nameof(values));
        }

        var mean = values.Average();
        if (values.Count == 1)
        {
            return new GroupMean(1, mean, null, null);
        }

        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        var half = StudentT.InvCDF(0, 1, values.Count - 1, (1 + coverage) / 2) * deviation / Math.Sqrt(values.Count);
        return new GroupMean(values.Count, mean, deviation, new Interval(mean - half, mean + half, coverage));
    }

    /// <summary>Mean and interval at each position of curves that are as long as the shortest of them.</summary>
    public static ImmutableArray<GroupMean> Band(IReadOnlyCollection<IReadOnlyList<double>> curves, double coverage = 0.95)
    {
        ArgumentNullException.ThrowIfNull(curves);
        var length = curves.Count == 0 ? 0 : curves.Min(curve => curve.Count);
        return [.. Enumerable.Range(0, length).Select(i => Of([.. curves.Select(curve => curve[i])], coverage))];
    }
}

/// <summary>The difference of two means, second minus first.</summary>
/// <param name="Probability">How probable a difference at least this large is if there is none (two-sided).</param>
/// <param name="Refusal">One sentence; null when there is an interval.</param>
public sealed record MeanDifference(double Difference, Interval? Interval, double? Probability, string? Refusal)
{
    /// <summary>
    /// Two independent groups whose spreads may differ: t = (x̄₂ − x̄₁)/√(s₁²/n₁ + s₂²/n₂) with ν = (s₁²/n₁ + s₂²/n₂)² / ((s₁²/n₁)²/(n₁−1) + (s₂²/n₂)²/(n₂−1)) degrees of freedom.
    /// B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved", Biometrika 34, 1947.
    /// </summary>
    /// <exception cref="ArgumentException">A group is empty, or a value is not finite.</exception>
    public static MeanDifference Welch(IReadOnlyCollection<double> first, IReadOnlyCollection<double> second, double coverage = 0.95)
    {
        var (one, two) = (GroupMean.Of(first), GroupMean.Of(second));
        var difference = two.Mean - one.Mean;
        if (one.StandardDeviation is not { } deviationOne || two.StandardDeviation is not { } deviationTwo)
        {
            return new MeanDifference(difference, null, null, $"no interval: the groups have {one.Count} and {two.Count} seeds, and each needs at least 2");
        }

        var (a, b) = (deviationOne * deviationOne / one.Count, deviationTwo * deviationTwo / two.Count);
        var freedom = (a + b) * (a + b) / ((a * a / (one.Count - 1)) + (b * b / (two.Count - 1)));
        return Student(difference, Math.Sqrt(a + b), freedom, coverage);
    }

    /// <summary>Runs that belong together two by two, such as those with the same seed: Student's t of their differences.</summary>
    /// <exception cref="ArgumentException">There are no pairs, or a value is not finite.</exception>
    public static MeanDifference Paired(IReadOnlyCollection<(double First, double Second)> pairs, double coverage = 0.95)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var mean = GroupMean.Of([.. pairs.Select(pair => pair.Second - pair.First)], coverage);
        return mean.StandardDeviation is { } deviation
            ? Student(mean.Mean, deviation / Math.Sqrt(mean.Count), mean.Count - 1, coverage)
            : new MeanDifference(mean.Mean, null, null, "no interval: there is one pair, and at least 2 are needed");
    }

    private static MeanDifference Student(double difference, double standardError, double freedom, double coverage)
    {
        // Groups without any spread: what they differ by is certain, as far as these values go.
        if (standardError == 0)
        {
            return new MeanDifference(difference, new Interval(difference, difference, coverage), difference == 0 ? 1 : 0, null);
        }

        var half = StudentT.InvCDF(0, 1, freedom, (1 + coverage) / 2) * standardError;
        var probability = 2 * StudentT.CDF(0, 1, freedom, -Math.Abs(difference) / standardError);
        return new MeanDifference(difference, new Interval(difference - half, difference + half, coverage), probability, null);
    }
}
