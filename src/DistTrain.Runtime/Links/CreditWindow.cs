using System.Diagnostics;

namespace DistTrain.Runtime.Links;

/// <summary>
/// How many bytes of tensors a peer may send: the receiving side's rule. What is under way is bounded to about 200 ms of the rate that is measured, so that on a slow network little waits in
/// queues, and on a fast one the line is never idle. Grants count from the connection's beginning; a new one is due when a quarter of the window has been used up.
/// </summary>
public sealed class CreditWindow
{
    private const double WindowSeconds = 0.2;

    private readonly long smallest;
    private readonly long largest;
    private readonly RateMeter meter = new();

    /// <param name="smallestBytes">The window at the start and on a slow line.</param>
    /// <param name="largestBytes">The window on a fast one.</param>
    public CreditWindow(int smallestBytes, int largestBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(smallestBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(largestBytes, smallestBytes);
        (smallest, largest) = (smallestBytes, largestBytes);
        WindowBytes = smallest;
        GrantedBytes = smallest;
    }

    /// <summary>In all, since the connection's beginning.</summary>
    public long GrantedBytes { get; private set; }

    public long ReceivedBytes { get; private set; }

    public long WindowBytes { get; private set; }

    /// <summary>Takes note of bytes that have come.</summary>
    /// <param name="now">By <see cref="Stopwatch"/>.</param>
    /// <returns>Whether the peer is to be told a new <see cref="GrantedBytes"/>.</returns>
    /// <exception cref="Wire.WireFormatException">More than has been granted.</exception>
    public bool Receive(long now, int bytes)
    {
        if (bytes > GrantedBytes - ReceivedBytes)
        {
            throw new Wire.WireFormatException($"{ReceivedBytes + bytes:N0} bytes of tensors were sent, but only {GrantedBytes:N0} were granted");
        }

        ReceivedBytes += bytes;
        if (meter.Add(now, bytes))
        {
            WindowBytes = Math.Clamp((long)(meter.BytesPerSecond!.Value * WindowSeconds), smallest, largest);
        }

        // A grant is never taken back: a smaller window takes effect as the granted bytes are used up.
        var target = ReceivedBytes + WindowBytes;
        if (target - GrantedBytes < WindowBytes / 4)
        {
            return false;
        }

        GrantedBytes = target;
        return true;
    }
}

/// <summary>Bytes a second while there was something to move: long pauses do not count.</summary>
public sealed class RateMeter
{
    private const double IntervalSeconds = 0.05;
    private const double PauseSeconds = 0.25;
    private const double Weight = 0.25;

    private long began;
    private long last;
    private long bytes;

    /// <summary>Null until enough has moved to tell.</summary>
    public double? BytesPerSecond { get; private set; }

    /// <param name="now">By <see cref="Stopwatch"/>.</param>
    /// <param name="count">Bytes that moved since the last call.</param>
    /// <returns>Whether <see cref="BytesPerSecond"/> is new.</returns>
    public bool Add(long now, long count)
    {
        if (last == 0 || Stopwatch.GetElapsedTime(last, now).TotalSeconds > PauseSeconds)
        {
            (began, last, bytes) = (now, now, 0);
            return false;
        }

        last = now;
        bytes += count;
        var seconds = Stopwatch.GetElapsedTime(began, now).TotalSeconds;
        if (seconds < IntervalSeconds)
        {
            return false;
        }

        var measured = bytes / seconds;
        BytesPerSecond = BytesPerSecond is { } before ? before + (Weight * (measured - before)) : measured;
        (began, bytes) = (now, 0);
        return true;
    }
}
