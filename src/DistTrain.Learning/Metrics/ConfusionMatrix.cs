using System.Collections.Immutable;

namespace DistTrain.Learning.Metrics;

/// <summary>How often each class was taken for each other: counts[actual, predicted].</summary>
public sealed class ConfusionMatrix
{
    private readonly ImmutableArray<long> counts;

    private ConfusionMatrix(int classCount, ImmutableArray<long> counts)
    {
        ClassCount = classCount;
        this.counts = counts;
    }

    public int ClassCount { get; }

    /// <summary>How many samples of class <paramref name="actual"/> were predicted to be of class <paramref name="predicted"/>.</summary>
    public long this[int actual, int predicted] => counts[(actual * ClassCount) + predicted];

    public long SampleCount => counts.Sum();

    public long CorrectCount => Enumerable.Range(0, ClassCount).Sum(c => this[c, c]);

    /// <summary>Share of the samples predicted right; null without samples.</summary>
    public double? Accuracy => Ratio(CorrectCount, SampleCount);

    /// <summary>Share of the samples of <paramref name="actual"/> that were found; null when there are none.</summary>
    public double? Recall(int actual) => Ratio(this[actual, actual], Enumerable.Range(0, ClassCount).Sum(predicted => this[actual, predicted]));

    /// <summary>Share of the samples predicted to be of <paramref name="predicted"/> that are; null when there are none.</summary>
    public double? Precision(int predicted) => Ratio(this[predicted, predicted], Enumerable.Range(0, ClassCount).Sum(actual => this[actual, predicted]));

    /// <param name="classCount">At least 1.</param>
    /// <param name="actual">[samples] class indices.</param>
    /// <param name="predicted">[samples] class indices.</param>
    /// <exception cref="ArgumentException">The lengths differ, or an index is not a class.</exception>
    public static ConfusionMatrix Create(int classCount, ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        if (actual.Length != predicted.Length)
        {
            throw new ArgumentException($"{actual.Length} labels cannot be held to {predicted.Length} predictions", nameof(predicted));
        }

        var counts = new long[classCount * classCount];
        for (var sample = 0; sample < actual.Length; sample++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)actual[sample], (uint)classCount, nameof(actual));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)predicted[sample], (uint)classCount, nameof(predicted));
            counts[(actual[sample] * classCount) + predicted[sample]]++;
        }

        return new ConfusionMatrix(classCount, [.. counts]);
    }

    private static double? Ratio(long part, long whole) => whole == 0 ? null : (double)part / whole;
}
