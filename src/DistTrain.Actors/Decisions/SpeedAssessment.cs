using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>What is known of a worker's speed.</summary>
/// <param name="MeasuredMicrosecondsPerSample">Smoothed; null while there are too few measurements.</param>
/// <param name="AssumedRelativeTime">What assignments count with now: time for the same work, 100 for the fastest.</param>
public readonly record struct SpeedRecord(WorkerId Worker, double? MeasuredMicrosecondsPerSample, int AssumedRelativeTime);

/// <param name="AssumedRelativeTimes">In the order of the records.</param>
public readonly record struct SpeedDecision(bool IsChanged, ImmutableArray<int> AssumedRelativeTimes, string Reason);

/// <summary>
/// What relative speeds assignments should count with. Measurements are noisy, and an assignment that follows the noise is worse than one that stands still. So the
/// assumption changes only when it is wrong by half for some pair of workers, and the new one is rounded to a coarse scale, on which workers of nearly the same speed are equal.
/// </summary>
public static class SpeedAssessment
{
    public const int FastestRelativeTime = 100;

    /// <summary>Committed steps from one assessment to the next.</summary>
    public const int IntervalSteps = 8;

    private const int SlowestRelativeTime = 100_000;

    /// <summary>The assumption stands while it is wrong by less than this factor between any two workers.</summary>
    private const double Tolerance = 1.5;

    /// <summary>The scale has four values an octave: 2^(1/4) apart, with the borders at 2^(1/8).</summary>
    private const double ScaleRatio = 1.189207115002721;

    private const double HalfScaleRatio = 1.0905077326652577;

    /// <param name="records">All members, in order of their ids. Those without a measurement keep what is assumed of them.</param>
    public static SpeedDecision Decide(IReadOnlyList<SpeedRecord> records)
    {
        double lowest = double.PositiveInfinity;
        double highest = 0;
        double fastest = double.PositiveInfinity;
        foreach (var record in records)
        {
            if (record.MeasuredMicrosecondsPerSample is { } measured)
            {
                var quotient = measured / record.AssumedRelativeTime;
                lowest = Math.Min(lowest, quotient);
                highest = Math.Max(highest, quotient);
                fastest = Math.Min(fastest, measured);
            }
        }

        ImmutableArray<int> current = [.. records.Select(record => record.AssumedRelativeTime)];
        if (highest <= lowest * Tolerance)
        {
            return new SpeedDecision(false, current, "the measured speeds are what assignments count with");
        }

        ImmutableArray<int> assumed = [.. records.Select(record => record.MeasuredMicrosecondsPerSample is { } measured ? OnScale(measured / fastest) : record.AssumedRelativeTime)];
        return assumed.SequenceEqual(current)
            ? new SpeedDecision(false, current, "the measured speeds differ from the assumed ones by less than the scale")
            : new SpeedDecision(true, assumed, $"time for the same work, measured: {string.Join(", ", records.Zip(assumed, (record, time) => $"{record.Worker} {time} %"))}");
    }

    private static int OnScale(double ratio)
    {
        double time = FastestRelativeTime;
        while (ratio >= HalfScaleRatio && time < SlowestRelativeTime)
        {
            ratio /= ScaleRatio;
            time *= ScaleRatio;
        }

        return (int)(time + 0.5);
    }
}
