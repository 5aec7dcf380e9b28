using System.Collections.Immutable;
using DistTrain.Runtime.Links;

namespace DistTrain.Cli.Cluster;

/// <param name="Pause">Before the process is started again; null when it is not.</param>
/// <param name="Reason">The end of a sentence that says how the process ended; empty where that says it all.</param>
internal readonly record struct RestartDecision(TimeSpan? Pause, string Reason);

/// <summary>Is a worker process that has ended started again? One that was killed or has crashed is; one that has said why it cannot go on would only say so again.</summary>
internal static class RestartRule
{
    public const int MostRestarts = 5;

    /// <summary>In which so many restarts are too many.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Shells and .NET report a process that signal n has ended with this plus n.</summary>
    private const int SignalBase = 128;

    private static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    /// <param name="exitCode">With which the process ended.</param>
    /// <param name="restarts">When it was started again so far, on the clock of <paramref name="now"/>.</param>
    /// <param name="now">On a clock that does not go back.</param>
    /// <param name="random">Uniform in [0, 1).</param>
    public static RestartDecision Decide(int exitCode, ImmutableArray<TimeSpan> restarts, TimeSpan now, double random)
    {
        if (!IsCrash(exitCode))
        {
            return new RestartDecision(null, "");
        }

        var recent = restarts.Count(at => now - at < Window);
        return recent < MostRestarts
            ? new RestartDecision(Pauses.DelayBefore(recent, random), "; it is started again")
            : new RestartDecision(null, $"; it is not started again, as it was {MostRestarts} times within a minute");
    }

    /// <summary>Whether a process has ended without having decided to: by a signal, an exception that nobody caught, or a fault of the program's own.</summary>
    private static bool IsCrash(int exitCode) => exitCode is (int)ExitCode.InternalError or < 0 or > SignalBase and not (int)ExitCode.Interrupted;
}
