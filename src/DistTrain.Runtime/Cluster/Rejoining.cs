using DistTrain.Runtime.Links;

namespace DistTrain.Runtime.Cluster;

/// <summary>How long a process goes on trying to be a member. Times are those of any clock that does not go back.</summary>
/// <param name="joinTimeout">For a coordinator that it has never reached.</param>
/// <param name="rejoinTimeout">From the loss of the coordinator until the process is a member again; zero for not at all.</param>
internal sealed class Rejoining(TimeSpan joinTimeout, TimeSpan rejoinTimeout)
{
    /// <summary>A membership that was shorter is counted as a failed attempt: one that ends as soon as it begins must not be repeated without a pause.</summary>
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(10);

    private static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));

    private TimeSpan? lostAt;
    private int shortLives;
    private bool hasGivenUp;

    /// <summary>Whether the coordinator has been reached, and lost again.</summary>
    public bool HasLost => lostAt is not null;

    /// <summary>How long the coordinator may still be waited for; null when it may not any more.</summary>
    public TimeSpan? Patience(TimeSpan now)
    {
        if (lostAt is not { } since)
        {
            return joinTimeout;
        }

        var left = since + rejoinTimeout - now;
        return hasGivenUp || left <= TimeSpan.Zero ? null : left;
    }

    /// <summary>Before the next attempt.</summary>
    /// <param name="random">Uniform in [0, 1).</param>
    public TimeSpan Pause(double random) => Pauses.DelayBefore(shortLives, random);

    /// <summary>The coordinator was reached, and what began then has ended.</summary>
    /// <param name="wasMember">Whether it was more than an attempt.</param>
    public void Ended(bool wasMember, TimeSpan began, TimeSpan now)
    {
        lostAt = wasMember ? now : lostAt ?? now;
        shortLives = wasMember && now - began >= ShortLife ? 0 : shortLives + 1;
    }

    public void GiveUp() => hasGivenUp = true;
}
