using System.Diagnostics;

namespace DistTrain.Runtime.Links;

/// <summary>What the supervisor of a link knows of one of its channels. Touched by the supervisor's thread only.</summary>
internal sealed class ChannelWatch(Channel channel, string name, LinkLimits limits, Func<double> random, TimeSpan now)
{
    private readonly FailureDetector detector = new(limits.SilenceDeadline, limits.SuspicionThreshold, now);
    private int resumedCount;
    private int failures;
    private TimeSpan? downSince = now;
    private TimeSpan nextAttempt = now;
    private bool isAnnounced = true;

    /// <summary>For sentences.</summary>
    public string Name => name;

    public int Reconnections => Math.Max(0, resumedCount - 1);

    public bool IsUp => downSince is null;

    /// <summary>What the last attempt to connect came to, since the channel was up.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>What broke the connection.</summary>
    public string BreakReason => channel.BreakReason ?? "no connection was made";

    /// <summary>Looks at the connection's state.</summary>
    /// <returns>A sentence when there is something to tell.</returns>
    public string? Observe(TimeSpan now)
    {
        string? sentence = null;
        if (channel.ResumedCount != resumedCount)
        {
            if (resumedCount > 0)
            {
                sentence = $"the {name} connection works again{(downSince is { } since ? $" after {(now - since).TotalSeconds:F1} s" : "")}";
            }

            resumedCount = channel.ResumedCount;
            (downSince, failures, nextAttempt, LastFailure, isAnnounced) = (null, 0, now, null, false);
        }

        if (!channel.IsUp)
        {
            downSince ??= now;
            if (!isAnnounced && !channel.HasConnection)
            {
                isAnnounced = true;
                sentence = $"the {name} connection is interrupted: {BreakReason}";
            }
        }

        return sentence;
    }

    /// <summary>Breaks a connection on which nothing has come for too long.</summary>
    public void Judge(TimeSpan now, TimeSpan expectedInterval, double suspicion)
    {
        var listening = channel.Listening();
        detector.Heard(listening is null ? now : Stopwatch.GetElapsedTime(0, listening.LastHeard));
        var verdict = detector.Decide(now, expectedInterval, suspicion);
        if (verdict.IsSilent && listening is not null)
        {
            listening.Abort(verdict.Reason);
        }
    }

    /// <summary>How long the channel may still be without a working connection; null while it has one. The first one may take as long as its proof.</summary>
    public TimeSpan? TimeLeft(TimeSpan now) => downSince is { } since ? since + limits.ReconnectDeadline + (resumedCount == 0 ? limits.ProofDeadline : TimeSpan.Zero) - now : null;

    /// <summary>How long to wait before connecting anew; null while there is a connection.</summary>
    public TimeSpan? NextAttempt(TimeSpan now)
    {
        if (IsUp || channel.HasConnection)
        {
            return null;
        }

        return nextAttempt > now ? nextAttempt - now : TimeSpan.Zero;
    }

    public void Failed(TimeSpan now, string reason)
    {
        LastFailure = reason;
        failures++;
        nextAttempt = now + Backoff.Default.DelayBefore(failures, random());
    }
}
