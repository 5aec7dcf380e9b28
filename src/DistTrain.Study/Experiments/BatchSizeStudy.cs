using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Study.Sampling;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Experiments;

/// <summary>What has been run for one batch size.</summary>
/// <param name="Rates">The range of learning rates of the last round, from which the best is taken.</param>
/// <param name="Tuning">Of all rounds, in the order in which they were asked for.</param>
public sealed record BatchTrials(int BatchSize, RateInterval Rates, ImmutableArray<TrialResult> Tuning, ImmutableArray<TrialResult> Confirmation)
{
    /// <summary>Those that the best is taken from: all batch sizes have the same number of them.</summary>
    public IEnumerable<TrialResult> LastRound => Tuning.Where(trial => trial.Request.Round == Tuning[^1].Request.Round);

    /// <summary>The one with the least steps to the goal; where none reached it, that with the lowest error (or loss) of all; null where all diverged before their first evaluation.</summary>
    public TrialResult? Best(Goal goal) => LastRound.Where(trial => trial.StepsToGoal is not null).OrderBy(trial => trial.StepsToGoal).ThenBy(trial => trial.Request.LearningRate).FirstOrDefault()
        ?? LastRound.Where(trial => trial.Status != TrialStatus.Diverged && !trial.Curve.IsEmpty).OrderBy(trial => trial.Curve.Min(goal.FigureOf)).ThenBy(trial => trial.Request.LearningRate).FirstOrDefault();
}

/// <summary>Runs a study: tunes each batch size, widens ranges that were too narrow, and confirms the best settings on fresh seeds.</summary>
public static class BatchSizeStudy
{
    /// <summary>Runs what has not been run, and returns all trials by batch size, ascending.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="pool">Runs trials.</param>
    /// <param name="parallel">How many tuning trials run at once, at least 1; confirmation trials have the machine for themselves, because their seconds count.</param>
    /// <param name="tell">Takes sentences for people.</param>
    /// <param name="cancellation">Ends what runs.</param>
    public static ImmutableArray<BatchTrials> Run(StudyPlan plan, TrialPool pool, int parallel, Action<string> tell, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(tell);
        plan.Check();
        var batches = plan.BatchSizes.Select(size => Tune(plan, size, pool, parallel, tell, cancellation)).ToArray();
        return [.. batches.Select(batch => batch with { Confirmation = Confirm(plan, batch, pool, cancellation) })];
    }

    /// <summary>All tuning trials of a batch size in the first range, as if none were given up: what a study of no surprises runs.</summary>
    public static IEnumerable<TrialRequest> FirstRound(StudyPlan plan, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Enumerable.Range(0, plan.Trials).Select(index => TuningRequest(plan, batchSize, plan.Rates, round: 0, index, givesUpAfter: null));
    }

    /// <summary>The seed of a trial: of its own, and the same at every batch size.</summary>
    public static ulong SeedOf(StudyPlan plan, TrialPhase phase, int index)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return TrialSeed.Draw(plan.Seed, (0x5354UL << 48) | ((ulong)phase << 32) | (uint)index);
    }

    private static BatchTrials Tune(StudyPlan plan, int batchSize, TrialPool pool, int parallel, Action<string> tell, CancellationToken cancellation)
    {
        var trials = new List<TrialResult>();
        var rates = plan.Rates;
        for (var round = 0; ; round++)
        {
            var tried = TuneOnce(plan, batchSize, rates, round, pool, parallel, cancellation);
            trials.AddRange(tried);
            var decision = EdgeRule.Decide(rates, [.. tried.Select(ForRules)]);
            var wider = EdgeRule.Widen(rates, decision.Kind);
            if (wider == rates || round == plan.MostWidenings)
            {
                return new BatchTrials(batchSize, rates, [.. trials], []);
            }

            tell($"batch size {batchSize}: {decision.Reason}: tuned again from {wider.Lower.ToString("G3", CultureInfo.InvariantCulture)} to {wider.Upper.ToString("G3", CultureInfo.InvariantCulture)}");
            rates = wider;
        }
    }

    private static List<TrialResult> TuneOnce(StudyPlan plan, int batchSize, RateInterval rates, int round, TrialPool pool, int parallel, CancellationToken cancellation)
    {
        var tried = new List<TrialResult>();
        foreach (var wave in Enumerable.Range(0, plan.Trials).Chunk(plan.Wave))
        {
            tried.AddRange(TuneWave(plan.BudgetOf(batchSize), tried, bound => pool.Run([.. wave.Select(index => TuningRequest(plan, batchSize, rates, round, index, bound))], parallel, cancellation)));
        }

        return tried;

        // What the bound is depends on results alone, and not on which of them came first, so that the same trials are given up after the same steps whatever runs at once or is interrupted.
        ImmutableArray<TrialResult> TuneWave(long budget, IEnumerable<TrialResult> earlier, Func<long?, ImmutableArray<TrialResult>> run)
        {
            if (plan.GoesOnAfterGoal || plan.GiveUpFactor == 0)
            {
                return run(null);
            }

            if (GiveUpBound(plan, budget, earlier) is { } known)
            {
                return run(known.Value);
            }

            // Nobody knows yet how long it takes: all get a little, then more, until one is there. What runs again takes less than a third more in all.
            for (var little = Math.Max(plan.MinimumSteps, budget / 64); little < budget; little *= 4)
            {
                var found = run(little);
                if (GiveUpBound(plan, budget, found) is { } bound)
                {
                    return (bound.Value ?? budget) > little ? run(bound.Value) : found;
                }
            }

            return run(null);
        }
    }

    /// <summary>The step after which a trial cannot be the best any more (its value is null where that is beyond the budget); null while no trial has reached the goal.</summary>
    private static Bound? GiveUpBound(StudyPlan plan, long budget, IEnumerable<TrialResult> earlier) => earlier.Min(trial => trial.StepsToGoal) is { } least
        ? new Bound(least * plan.GiveUpFactor >= budget ? null : (long)Math.Ceiling(least * plan.GiveUpFactor))
        : null;

    private static TrialRequest TuningRequest(StudyPlan plan, int batchSize, RateInterval rates, int round, int index, long? givesUpAfter)
    {
        var space = new SearchSpace([new LogDimension(TrialRequest.LearningRateKey, rates.Lower, rates.Upper)]);
        var point = plan.Sampler == TuningSampler.Sobol ? SobolSampler.Point(space, plan.Seed, index) : RandomSampler.Point(space, plan.Seed, index);
        return Request(plan, TrialPhase.Tuning, index, batchSize, plan.Fixed.SetItem(TrialRequest.LearningRateKey, space.Values(point)[0].Text)) with
        {
            Round = round,
            GivesUpAfterSteps = givesUpAfter,
        };
    }

    private static ImmutableArray<TrialResult> Confirm(StudyPlan plan, BatchTrials batch, TrialPool pool, CancellationToken cancellation) => batch.Best(plan.Goal) is not { StepsToGoal: not null } best
        ? []
        : pool.Run([.. Enumerable.Range(0, plan.Confirmations).Select(index => Request(plan, TrialPhase.Confirmation, index, batch.BatchSize, best.Request.Settings))], parallel: 1, cancellation);

    private static TrialRequest Request(StudyPlan plan, TrialPhase phase, int index, int batchSize, ImmutableSortedDictionary<string, string> settings) =>
        new(phase, index, batchSize, SeedOf(plan, phase, index), settings, plan.BudgetOf(batchSize));

    private readonly record struct Bound(long? Value);

    /// <summary>As much of a trial as the rules look at.</summary>
    internal static TuningTrial ForRules(TrialResult trial) => new(trial.Request.LearningRate, trial.Status, trial.StepsToGoal);
}
