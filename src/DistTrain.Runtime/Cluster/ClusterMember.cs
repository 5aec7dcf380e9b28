using System.Diagnostics;
using DistTrain.Learning;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Cluster;

/// <summary>Takes part in a run of another process: joins it, does its share, and leaves. Where it loses the coordinator it joins again: that one, or the next in its place.</summary>
public static class ClusterMember
{
    /// <summary>Joins, and returns when it is over.</summary>
    /// <param name="settings">Whom to join, and as what.</param>
    /// <param name="programVersion">The coordinator's must be the same.</param>
    /// <param name="prepare">
    /// Makes the run's definition from what the coordinator offers, with the process's own copy of the data or one that it fetches. Called again only where another offer is made. Throws
    /// <see cref="InvalidInputException"/> with the reason why it cannot.
    /// </param>
    /// <param name="tell">Takes sentences for people, from any thread.</param>
    /// <param name="leave">Leaves in order.</param>
    /// <exception cref="InvalidInputException">The settings are not possible, or the coordinator could not be reached in time at all, or does not know this process any more.</exception>
    public static MemberOutcome Run(MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, Action<string> tell, CancellationToken leave) =>
        RunWith(static options => new Network(options), settings, programVersion, prepare, tell, leave);

    /// <summary>The same over another network, which is made anew for each time that the process joins.</summary>
    internal static MemberOutcome RunWith(
        NetworkMaker connect, MemberSettings settings, string programVersion, Func<RunOffer, IDataFetcher, PreparedRun> prepare, Action<string> tell, CancellationToken leave)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(prepare);
        ArgumentNullException.ThrowIfNull(tell);
        var rejoining = new Rejoining(settings.JoinTimeout, settings.RejoinTimeout);
        var preparation = new Preparation(prepare);
        while (true)
        {
            var outcome = Live(settings, programVersion, rejoining, preparation.Prepare, tell, connect, leave);
            if (outcome.Ending != MemberEnding.CoordinatorLost || rejoining.Patience(Now) is not { } patience)
            {
                return outcome;
            }

            if (leave.IsCancellationRequested)
            {
                return outcome with { Ending = MemberEnding.Left };
            }

            tell(FormattableString.Invariant($"{outcome.Sentence}; joining again, for up to {patience.TotalSeconds:F0} s"));
            leave.WaitHandle.WaitOne(rejoining.Pause(Random.Shared.NextDouble()));
        }
    }

    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    private static MemberOutcome Live(
        MemberSettings settings, string programVersion, Rejoining rejoining, Func<RunOffer, IDataFetcher, PreparedRun> prepare, Action<string> tell, NetworkMaker connect, CancellationToken leave)
    {
        var began = Now;
        using var life = new MemberLife(settings, tell, connect);
        try
        {
            var outcome = life.Run(programVersion, rejoining.Patience(began) ?? TimeSpan.Zero, prepare, leave);
            rejoining.Ended(life.HasJoined, began, Now);
            return outcome;
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return new MemberOutcome(MemberEnding.Left, "it was stopped before it was a member");
        }
        catch (InvalidInputException failure) when (rejoining.HasLost && failure.InnerException is SecureConnectException { MayChange: true })
        {
            rejoining.GiveUp();
            return new MemberOutcome(
                MemberEnding.CoordinatorLost, FormattableString.Invariant($"the coordinator is gone, and has not come back within {settings.RejoinTimeout.TotalSeconds:G4} s: {failure.Message}"));
        }
    }

    /// <summary>The run as it was understood last.</summary>
    private sealed class Preparation(Func<RunOffer, IDataFetcher, PreparedRun> prepare)
    {
        private (RunOffer Offer, PreparedRun Run)? last;

        public PreparedRun Prepare(RunOffer offer, IDataFetcher fetcher)
        {
            if (last is not { } known || !known.Offer.IsSameRunAs(offer))
            {
                last = null;
                last = known = (offer, prepare(offer, fetcher));
            }

            return known.Run;
        }
    }
}
