using System.Globalization;

namespace DistTrain.Runtime.Links;

/// <param name="IsSilent">Whether the peer is to be taken for gone.</param>
/// <param name="Reason">Why, or why not: for logs and people.</param>
public readonly record struct SilenceVerdict(bool IsSilent, string Reason);

/// <summary>
/// Whether a peer has been silent for too long. A deadline is the rule, because its reason can be told in one sentence and a threshold of suspicion has no unit that a person could choose by; suspicion
/// (<see cref="Suspicion"/>) is measured beside it and can be made a second rule.
/// <para>Silence counts only while this process could have heard something. A process that was stopped (a debugger, a suspended machine, a scheduler that gave it no time) finds, when it goes on, that
/// nothing came for a minute, although the peer spoke all the time: what has come waits in the operating system, and is read a moment later. It shows in the detector's own ticks, which come late by as
/// much; so the lateness of each tick is taken off the silence. All times are of a monotonic clock: the wall clock is set forward and back by others.</para>
/// </summary>
public sealed class FailureDetector(TimeSpan silenceDeadline, double? suspicionThreshold, TimeSpan now)
{
    private TimeSpan lastTick = now;
    private TimeSpan lastHeard = now;
    private TimeSpan notListening;

    /// <summary>Takes note of when the peer was heard last; an older time than one before is none.</summary>
    public void Heard(TimeSpan at)
    {
        if (at > lastHeard)
        {
            (lastHeard, notListening) = (at, TimeSpan.Zero);
        }
    }

    /// <summary>Called at intervals.</summary>
    /// <param name="now">By a monotonic clock.</param>
    /// <param name="expectedInterval">After which this call was to come, if the process was given the time.</param>
    /// <param name="suspicion">As <see cref="Suspicion"/> measures it for this moment; 0 if it is not used.</param>
    public SilenceVerdict Decide(TimeSpan now, TimeSpan expectedInterval, double suspicion)
    {
        var late = now - lastTick - expectedInterval;
        if (late > TimeSpan.Zero)
        {
            // What came while the process stood still is heard only now, so no more than the time since it was heard can have been missed.
            var silent = now - lastHeard;
            notListening += late < silent ? late : silent;
        }

        lastTick = now;
        var silence = now - lastHeard - notListening;
        if (silence > silenceDeadline)
        {
            return new SilenceVerdict(true, $"silent for {Seconds(silence)} s");
        }

        if (suspicionThreshold is { } threshold && suspicion > threshold && notListening == TimeSpan.Zero)
        {
            return new SilenceVerdict(true, string.Create(CultureInfo.InvariantCulture, $"silent for {Seconds(silence)} s, which is unlike it (suspicion {suspicion:F1}, more than {threshold:F1})"));
        }

        return new SilenceVerdict(false, notListening > TimeSpan.Zero
            ? $"heard {Seconds(now - lastHeard)} s ago, of which this process stood still for {Seconds(notListening)} s"
            : $"heard {Seconds(silence)} s ago");
    }

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
}

/// <summary>
/// How surprising a silence is: phi = −log10 of the probability that a heartbeat comes even later than now, if the gaps between heartbeats are normally distributed as the last ones were (Hayashibara, Défago,
/// Yared and Katayama, "The φ accrual failure detector", 2004). 1 means wrong once in ten times, 8 once in a hundred million.
/// </summary>
public sealed class Suspicion
{
    private const int Window = 200;
    private const int Fewest = 5;

    private readonly Queue<double> gaps = new();
    private readonly double leastDeviation;
    private TimeSpan? last;
    private double sum;
    private double sumOfSquares;

    /// <param name="expectedInterval">Between heartbeats. A quarter of it is the least deviation that is believed, so that a very regular peer is not suspected at its first hiccup.</param>
    public Suspicion(TimeSpan expectedInterval) => leastDeviation = expectedInterval.TotalSeconds / 4;

    /// <summary>The longest gap so far; null before the second heartbeat.</summary>
    public TimeSpan? LargestGap { get; private set; }

    /// <summary>A heartbeat has come.</summary>
    /// <param name="now">By a monotonic clock.</param>
    public void Heartbeat(TimeSpan now)
    {
        if (last is { } before)
        {
            var gap = now - before;
            LargestGap = LargestGap is { } largest && largest > gap ? largest : gap;
            Add(gap.TotalSeconds);
        }

        last = now;
    }

    /// <summary>The peer could not be heard for a while: the gap that ends next says nothing of it.</summary>
    public void Interrupt() => last = null;

    /// <returns>Phi; 0 while too few heartbeats have come to tell.</returns>
    public double Phi(TimeSpan now)
    {
        if (last is not { } before || gaps.Count < Fewest)
        {
            return 0;
        }

        var mean = sum / gaps.Count;
        var deviation = Math.Max(leastDeviation, Math.Sqrt(Math.Max(0, (sumOfSquares / gaps.Count) - (mean * mean))));
        var distance = ((now - before).TotalSeconds - mean) / deviation;

        // The logistic approximation of the normal distribution's tail (Bowling et al. 2009: error below 0.00015), in logarithms, so that it does not round to certainty.
        var exponent = distance * (1.5976 + (0.070566 * distance * distance));
        var logOfOdds = exponent > 30 ? exponent : Math.Log(1 + Math.Exp(exponent));
        return logOfOdds / Math.Log(10);
    }

    private void Add(double seconds)
    {
        gaps.Enqueue(seconds);
        sum += seconds;
        sumOfSquares += seconds * seconds;
        if (gaps.Count > Window)
        {
            var oldest = gaps.Dequeue();
            sum -= oldest;
            sumOfSquares -= oldest * oldest;
        }
    }
}
