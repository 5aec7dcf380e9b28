using System.Collections.Immutable;
using static System.FormattableString;

namespace DistTrain.Study.Sampling;

/// <summary>
/// Early stopping of bad trials as pure decisions: a worker that is free asks what to do next, with all that has happened so far. Equal histories give equal decisions, so a search
/// that is resumed goes on as it would have gone on.
/// </summary>
public static class SuccessiveHalving
{
    /// <summary>
    /// Asynchronous successive halving (ASHA): a trial goes up as soon as it is among the best ⌊n/η⌋ of the n that have finished its rung, looked for from the highest rung down;
    /// where there is none, a new trial starts. No worker ever waits for a rung to fill. L. Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020, algorithm 2.
    /// </summary>
    /// <param name="mostTrials">New ones are started up to this number.</param>
    public static RungDecision DecideAsynchronously(ResourceLadder ladder, int mostTrials, RungHistory history)
    {
        ArgumentNullException.ThrowIfNull(ladder);
        ArgumentNullException.ThrowIfNull(history);
        var rungs = ladder.Rungs;
        for (var rung = rungs.Length - 2; rung >= 0; rung--)
        {
            var ranked = Ranked(history, rung);
            var places = ranked.Length / ladder.ReductionFactor;
            if (Promotable(history, ranked.Take(places), rung) is { } promoted)
            {
                return Promotion(promoted, rung, rungs, Invariant($"among the best {places} of the {ranked.Length} that have finished rung {rung}"));
            }
        }

        return Otherwise(history, mostTrials, rungs, Invariant($"no trial on any rung is among its best 1/{ladder.ReductionFactor} and not yet promoted"));
    }

    /// <summary>
    /// Successive halving in step: all trials start; when every one of a rung has finished it, the best ⌊n/η⌋, at least one, go up. K. Jamieson, A. Talwalkar, "Non-stochastic Best
    /// Arm Identification and Hyperparameter Optimization", 2016.
    /// </summary>
    /// <param name="trials">How many start.</param>
    public static RungDecision DecideInStep(ResourceLadder ladder, int trials, RungHistory history)
    {
        ArgumentNullException.ThrowIfNull(ladder);
        ArgumentNullException.ThrowIfNull(history);
        var rungs = ladder.Rungs;
        var entrants = trials;
        for (var rung = 0; rung < rungs.Length - 1; rung++)
        {
            var ranked = Ranked(history, rung);
            if (ranked.Length < entrants)
            {
                break;
            }

            var places = Math.Max(1, entrants / ladder.ReductionFactor);
            if (Promotable(history, ranked.Take(places), rung) is { } promoted)
            {
                return Promotion(promoted, rung, rungs, Invariant($"among the best {places} of the {entrants} on rung {rung}, which all have finished it"));
            }

            // Those that diverged do not go up, so fewer than there are places may have.
            entrants = ranked.Take(places).Count(result => double.IsFinite(result.Rank));
        }

        return Otherwise(history, trials, rungs, "no rung has been finished by all of its trials");
    }

    private static ImmutableArray<RungResult> Ranked(RungHistory history, int rung) =>
        [.. history.Finished.Where(result => result.Rung == rung).OrderBy(result => result.Rank).ThenBy(result => result.Trial)];

    private static RungResult? Promotable(RungHistory history, IEnumerable<RungResult> best, int rung)
    {
        var promoted = history.Finished.Where(result => result.Rung == rung + 1).Select(result => result.Trial)
            .Concat(history.Running.Where(work => work.Rung == rung + 1).Select(work => work.Trial)).ToHashSet();
        var free = best.Where(result => double.IsFinite(result.Rank) && !promoted.Contains(result.Trial)).ToImmutableArray();
        return free.IsEmpty ? null : free[0];
    }

    private static RungDecision Promotion(RungResult result, int rung, ImmutableArray<long> rungs, string reason) =>
        new(RungAction.Promote, result.Trial, rung + 1, Invariant($"trial {result.Trial} goes on to {rungs[rung + 1]}: with {result.Rank:G4} it is {reason}"));

    private static RungDecision Otherwise(RungHistory history, int mostTrials, ImmutableArray<long> rungs, string reason)
    {
        if (history.Started < mostTrials)
        {
            return new RungDecision(RungAction.Start, history.Started, 0, Invariant($"trial {history.Started} starts with {rungs[0]}: {reason}"));
        }

        return history.Running.IsEmpty
            ? new RungDecision(RungAction.Finish, null, null, Invariant($"all {mostTrials} trials have started, none is running, and none can be promoted"))
            : new RungDecision(RungAction.Wait, null, null, Invariant($"all {mostTrials} trials have started, and {history.Running.Length} still run"));
    }
}
