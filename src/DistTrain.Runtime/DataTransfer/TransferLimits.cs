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

    /// <param name="failures">In a row, at least 1.</param>
    internal TimeSpan PauseAfter(int failures)
    {
        var pause = FirstPause * Math.ScaleB(1, Math.Min(failures - 1, 30));
        return pause < LongestPause ? pause : LongestPause;
    }
}
