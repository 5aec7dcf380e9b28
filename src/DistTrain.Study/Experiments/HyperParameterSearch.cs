using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;
using DistTrain.Study.Sampling;

namespace DistTrain.Study.Experiments;

/// <summary>How a search chooses what to try.</summary>
public enum SearchMethod
{
    Grid,
    Random,
    Sobol,

    /// <summary>A Gaussian process with expected improvement.</summary>
    Bayesian,

    /// <summary>Quasi-random trials, of which the better ones are trained further; those of a rung wait for each other.</summary>
    Halving,

    /// <summary>The same without waiting.</summary>
    Asha,
}

/// <summary>What to search, and how.</summary>
public sealed record SearchPlan
{
    public required SearchSpace Space { get; init; }

    public SearchMethod Method { get; init; } = SearchMethod.Bayesian;

    /// <summary>Configurations to try; for <see cref="SearchMethod.Grid"/> whatever the grid has.</summary>
    public int Trials { get; init; } = 32;

    /// <summary>Values of a setting with a range, in a grid.</summary>
    public int GridPoints { get; init; } = 5;

    /// <summary>The lowest that a trial reaches is its score.</summary>
    public GoalMetric Objective { get; init; } = GoalMetric.ValidationError;

    /// <summary>Of a trial that is trained to the end.</summary>
    public required int Epochs { get; init; }

    /// <summary>Of the first rung, for <see cref="SearchMethod.Halving"/> and <see cref="SearchMethod.Asha"/>.</summary>
    public int LeastEpochs { get; init; } = 1;

    /// <summary>One of so many goes up a rung.</summary>
    public int ReductionFactor { get; init; } = 3;

    /// <summary>Seeds on which the best configuration is tried once more.</summary>
    public int Confirmations { get; init; } = 3;

    /// <summary>Samples of the training part.</summary>
    public required int TrainingSamples { get; init; }

    /// <summary>Where the space says nothing of it.</summary>
    public required int BatchSize { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>Trials that are decided upon together: what follows depends on their results alone, and not on which was first, so that an interrupted search goes on as it would have gone on.</summary>
    public int Wave { get; init; } = 4;

    public bool UsesRungs => Method is SearchMethod.Halving or SearchMethod.Asha;

    public ResourceLadder Ladder => new(LeastEpochs, Epochs, ReductionFactor);

    /// <exception cref="InvalidInputException">A value is out of range; one sentence says which.</exception>
    public void Check()
    {
        if (Trials < 1 || Epochs < 1 || Wave < 1 || GridPoints < 1 || Confirmations < 0)
        {
            throw new InvalidInputException("a search needs at least one trial, of at least one epoch");
        }

        if (UsesRungs)
        {
            Ladder.Check();
        }
    }
}

/// <summary>A configuration that was tried.</summary>
/// <param name="Index">In the order in which they were begun.</param>
/// <param name="Rung">The highest that it has finished; 0 where there are no rungs.</param>
/// <param name="Trial">Its longest training.</param>
/// <param name="Score">What is minimised; null for one that diverged before its first evaluation.</param>
public sealed record SearchedConfiguration(int Index, UnitPoint Point, int Rung, TrialResult Trial, double? Score);

/// <summary>All that was tried.</summary>
/// <param name="Configurations">In the order in which they were begun.</param>
/// <param name="Confirmation">The best once more, from other seeds.</param>
public sealed record SearchTrials(ImmutableArray<SearchedConfiguration> Configurations, ImmutableArray<TrialResult> Confirmation)
{
    /// <summary>Of those that were trained longest, the one with the lowest score; null where none has one.</summary>
    public SearchedConfiguration? Best => Configurations
        .Where(tried => tried is { Score: not null } && tried.Rung == Configurations.Where(other => other.Score is not null).Max(other => other.Rung))
        .OrderBy(tried => tried.Score).ThenBy(tried => tried.Index).FirstOrDefault();
}

/// <summary>Searches hyper-parameters.</summary>
public static class HyperParameterSearch
{
    /// <summary>Runs what has not been run.</summary>
    /// <param name="plan">What to search.</param>
    /// <param name="pool">Runs trials.</param>
    /// <param name="parallel">How many run at once, at least 1.</param>
    /// <param name="cancellation">Ends what runs.</param>
    public static SearchTrials Run(SearchPlan plan, TrialPool pool, int parallel, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(pool);
        plan.Check();
        var tried = plan.UsesRungs ? ByRungs(plan, Try) : plan.Method == SearchMethod.Bayesian ? ByModel(plan, Try) : AtOnce(plan, Try);
        var trials = new SearchTrials(tried, []);
        return trials.Best is not { } best || plan.Confirmations == 0
            ? trials
            : trials with { Confirmation = Try([.. Enumerable.Range(0, plan.Confirmations).Select(index => Confirmation(plan, best.Trial.Request, index))]) };

        ImmutableArray<TrialResult> Try(ImmutableArray<TrialRequest> requests) => pool.Run(requests, parallel, cancellation);
    }

    /// <summary>The lowest that a trial reached at an evaluation; null where there is none.</summary>
    public static double? ScoreOf(SearchPlan plan, TrialResult trial)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(trial);
        var lowest = trial.Curve.Select(new Goal(plan.Objective, 0).FigureOf).Where(figure => figure is { } value && double.IsFinite(value)).Min();
        return trial.Status is TrialStatus.Diverged or TrialStatus.FailedSystem ? null : lowest;
    }

    private static ImmutableArray<SearchedConfiguration> AtOnce(SearchPlan plan, Func<ImmutableArray<TrialRequest>, ImmutableArray<TrialResult>> run)
    {
        ImmutableArray<UnitPoint> points = plan.Method switch
        {
            SearchMethod.Grid => GridSampler.Points(plan.Space, plan.GridPoints),
            SearchMethod.Random => [.. Enumerable.Range(0, plan.Trials).Select(index => RandomSampler.Point(plan.Space, plan.Seed, index))],
            _ => [.. Enumerable.Range(0, plan.Trials).Select(index => SobolSampler.Point(plan.Space, plan.Seed, index))],
        };
        var results = run([.. points.Select((point, index) => Request(plan, point, index, plan.Epochs))]);
        return [.. results.Select((trial, index) => new SearchedConfiguration(index, points[index], 0, trial, ScoreOf(plan, trial)))];
    }

    private static ImmutableArray<SearchedConfiguration> ByModel(SearchPlan plan, Func<ImmutableArray<TrialRequest>, ImmutableArray<TrialResult>> run)
    {
        var tried = ImmutableArray.CreateBuilder<SearchedConfiguration>();
        while (tried.Count < plan.Trials)
        {
            SearchTrial[] history = [.. tried.Select(configuration => new SearchTrial(configuration.Point, configuration.Score))];
            var wave = new List<UnitPoint>();
            while (wave.Count < plan.Wave && tried.Count + wave.Count < plan.Trials)
            {
                wave.Add(BayesianSampler.Next(plan.Space, plan.Seed, history, wave).Point);
            }

            var first = tried.Count;
            var results = run([.. wave.Select((point, i) => Request(plan, point, first + i, plan.Epochs))]);
            tried.AddRange(results.Select((trial, i) => new SearchedConfiguration(first + i, wave[i], 0, trial, ScoreOf(plan, trial))));
        }

        return tried.ToImmutable();
    }

    private static ImmutableArray<SearchedConfiguration> ByRungs(SearchPlan plan, Func<ImmutableArray<TrialRequest>, ImmutableArray<TrialResult>> run)
    {
        var rungs = plan.Ladder.Rungs;
        var tried = new SortedDictionary<int, SearchedConfiguration>();
        var history = new RungHistory(0, [], []);
        while (true)
        {
            var wave = new List<RungWork>();
            while (wave.Count < plan.Wave)
            {
                var decision = plan.Method == SearchMethod.Asha
                    ? SuccessiveHalving.DecideAsynchronously(plan.Ladder, plan.Trials, history)
                    : SuccessiveHalving.DecideInStep(plan.Ladder, plan.Trials, history);
                if (decision is not { Action: RungAction.Start or RungAction.Promote, Trial: { } trial, Rung: { } rung })
                {
                    break;
                }

                wave.Add(new RungWork(trial, rung));
                history = history with { Started = Math.Max(history.Started, trial + 1), Running = [.. wave] };
            }

            if (wave.Count == 0)
            {
                return [.. tried.Values];
            }

            // A trial that goes up is trained from its beginning again: the same steps, and then more.
            var points = wave.Select(work => SobolSampler.Point(plan.Space, plan.Seed, work.Trial)).ToArray();
            var results = run([.. wave.Select((work, i) => Request(plan, points[i], work.Trial, (int)rungs[work.Rung]))]);
            for (var i = 0; i < wave.Count; i++)
            {
                tried[wave[i].Trial] = new SearchedConfiguration(wave[i].Trial, points[i], wave[i].Rung, results[i], ScoreOf(plan, results[i]));
            }

            history = history with { Finished = [.. history.Finished, .. wave.Select((work, i) => new RungResult(work.Trial, work.Rung, ScoreOf(plan, results[i])))], Running = [] };
        }
    }

    private static TrialRequest Request(SearchPlan plan, UnitPoint point, int index, int epochs)
    {
        const string batchSizeKey = "batch-size";
        var settings = plan.Space.Dimensions.Zip(plan.Space.Values(point)).ToImmutableSortedDictionary(pair => pair.First.Name, pair => pair.Second.Text, StringComparer.Ordinal);
        var batchSize = settings.TryGetValue(batchSizeKey, out var text) ? SizeOf(text) : plan.BatchSize;
        var stepsAnEpoch = (plan.TrainingSamples + (long)batchSize - 1) / batchSize;
        return new TrialRequest(TrialPhase.Tuning, index, batchSize, plan.Seed, settings.Remove(batchSizeKey), plan.Epochs * stepsAnEpoch)
        {
            GivesUpAfterSteps = epochs < plan.Epochs ? epochs * stepsAnEpoch : null,
        };
    }

    private static int SizeOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0
        ? size
        : throw new InvalidInputException($"a batch has a whole number of samples, not {text}: search it with batch-size=int(16..256), int-log(16..256) or 16,32,64");

    private static TrialRequest Confirmation(SearchPlan plan, TrialRequest best, int index) =>
        best with { Phase = TrialPhase.Confirmation, Index = index, Seed = TrialSeed.Draw(plan.Seed, (0x5345UL << 48) | (uint)index), GivesUpAfterSteps = null };
}
