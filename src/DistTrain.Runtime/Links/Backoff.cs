namespace DistTrain.Runtime.Links;

/// <summary>
/// How long to wait before another attempt to reach a peer: from nothing on, twice as long each time up to a bound, and of that a random part between half and the whole, so that many who lost the
/// same peer do not come back at the same moment ("equal jitter": Marc Brooker, "Exponential Backoff and Jitter", 2015).
/// </summary>
/// <param name="First">Before the second attempt.</param>
/// <param name="Longest">Before any.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    public static Backoff Default { get; } = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500));

    /// <param name="failures">Attempts that have failed so far; the first attempt is made at once.</param>
    /// <param name="random">Uniform in [0, 1).</param>
    public TimeSpan DelayBefore(int failures, double random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(failures);
        ArgumentOutOfRangeException.ThrowIfNegative(random);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(random, 1);
        if (failures == 0)
        {
            return TimeSpan.Zero;
        }

        // Beyond 30 doublings every delay is at its bound, and a shift could overflow.
        var whole = Math.Min(First.TotalMilliseconds * (1L << Math.Min(failures - 1, 30)), Longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(whole * (0.5 + (random / 2)));
    }
}
