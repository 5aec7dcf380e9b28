using DistTrain.Learning;

namespace DistTrain.Runtime.DataTransfer;

/// <summary>How patient the two sides of a file transfer are.</summary>
public sealed record TransferLimits
{
    /// <summary>A peer that says nothing for this long, or takes nothing, is given up.</summary>
    public TimeSpan SilenceDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Before a broken connection is made anew; each one that brings nothing doubles it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections in a row that bring nothing before the transfer is given up.</summary>
    public int MaximumFailures { get; init; } = 10;

    /// <exception cref="InvalidInputException">A limit is out of range, or two contradict each other.</exception>
    public void Check()
    {
        // Sockets count their time in milliseconds, as an int.
        Require(SilenceDeadline.TotalMilliseconds is >= 1 and <= int.MaxValue, nameof(SilenceDeadline), "at least a millisecond and at most 24 days");
        Require(FirstPause >= TimeSpan.Zero, nameof(FirstPause), "nothing or longer");
        Require(LongestPause >= FirstPause && LongestPause <= TimeSpan.FromDays(1), nameof(LongestPause), "at least the first pause and at most a day");
        Require(MaximumFailures > 0, nameof(MaximumFailures), "at least 1");
    }

    /// <param name="failures">In a row, at least 1.</param>
    internal TimeSpan PauseAfter(int failures)
    {
        var pause = FirstPause * Math.ScaleB(1, Math.Min(failures - 1, 30));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static void Require(bool isMet, string name, string what)
    {
        if (!isMet)
        {
            throw new InvalidInputException($"the limit {name} of file transfers must be {what}");
        }
    }
}
