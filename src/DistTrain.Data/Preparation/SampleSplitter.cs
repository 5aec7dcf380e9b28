using DistTrain.Learning;
using DistTrain.Learning.Sampling;

namespace DistTrain.Data;

/// <summary>Divides samples into two parts, and joins parts.</summary>
internal static class SampleSplitter
{
    // Epochs count from 1, so these permutations are no epoch's order of visit.
    private const int TestSplitEpoch = 0;
    private const int ValidationSplitEpoch = -1;

    /// <summary>
    /// Takes the first share of a seeded permutation for the test part, rounded to the nearest whole sample but at least one and not all.
    /// Both parts keep the samples in their original order.
    /// </summary>
    /// <exception cref="InvalidInputException">A ratio out of range, or fewer than two samples.</exception>
    public static (RawPart Train, RawPart Test) Split(RawPart samples, double testRatio, ulong seed, string what) =>
        Split(samples, testRatio, seed, TestSplitEpoch, "test", what);

    /// <summary>As <see cref="Split(RawPart, double, ulong, string)"/>, by another permutation, for the validation part.</summary>
    /// <exception cref="InvalidInputException">Fewer than two samples.</exception>
    public static (RawPart Train, RawPart Validation) SplitForValidation(RawPart samples, double validationRatio, ulong seed, string what) =>
        Split(samples, validationRatio, seed, ValidationSplitEpoch, "validation", what);

    private static (RawPart Left, RawPart Taken) Split(RawPart samples, double ratio, ulong seed, int splitEpoch, string part, string what)
    {
        if (samples.Count < 2)
        {
            throw new InvalidInputException($"{what} holds 1 sample, too few for a training and a {part} part.");
        }

        var wanted = Math.Round(samples.Count * ratio, MidpointRounding.AwayFromZero);
        var count = (int)Math.Clamp(wanted, 1, samples.Count - 1);
        var order = EpochOrder.Create(seed, splitEpoch, samples.Count);
        Array.Sort(order, 0, count);
        Array.Sort(order, count, samples.Count - count);
        return (Take(samples, order.AsSpan(count)), Take(samples, order.AsSpan(0, count)));
    }

    /// <summary>The samples of both parts, those of <paramref name="first"/> first. Their targets must be of one kind and have the same classes.</summary>
    public static RawPart Join(RawPart first, RawPart second)
    {
        float[] inputs = [.. first.Inputs, .. second.Inputs];
        return new RawPart(inputs, (first.Targets, second.Targets) switch
        {
            (ClassLabels a, ClassLabels b) => new ClassLabels(Concatenate(a.Labels, b.Labels), a.ClassNames, a.LabelsPerSample),
            (TargetValues a, TargetValues b) => new TargetValues(Concatenate(a.Values, b.Values), a.Width),
            _ => new Unlabelled(first.Count + second.Count),
        });
    }

    private static T[] Concatenate<T>(ReadOnlyMemory<T> first, ReadOnlyMemory<T> second) => [.. first.Span, .. second.Span];

    private static RawPart Take(RawPart samples, ReadOnlySpan<int> chosen) => new(
        TakeRows(samples.Inputs, samples.Inputs.Length / samples.Count, chosen),
        samples.Targets switch
        {
            ClassLabels labels => new ClassLabels(TakeRows(labels.Labels.Span, labels.LabelsPerSample, chosen), labels.ClassNames, labels.LabelsPerSample),
            TargetValues values => new TargetValues(TakeRows(values.Values.Span, values.Width, chosen), values.Width),
            _ => new Unlabelled(chosen.Length),
        });

    private static T[] TakeRows<T>(ReadOnlySpan<T> rows, int width, ReadOnlySpan<int> chosen)
    {
        var taken = new T[chosen.Length * width];
        for (var index = 0; index < chosen.Length; index++)
        {
            rows.Slice(chosen[index] * width, width).CopyTo(taken.AsSpan(index * width, width));
        }

        return taken;
    }
}
