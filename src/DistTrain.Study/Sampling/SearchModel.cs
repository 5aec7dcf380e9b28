using System.Collections.Immutable;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Sampling;

/// <summary>A finished trial of a search.</summary>
/// <param name="Score">What is minimised; null, infinite or not a number for a trial that diverged or failed.</param>
public readonly record struct SearchTrial(UnitPoint Point, double? Score)
{
    public bool IsMeasured => Score is { } score && double.IsFinite(score);
}

/// <summary>
/// A Gaussian process over a search space, in standardised scores. A hyper-parameter with an order is one feature in [0, 1]; a choice is a feature a choice, of which one is √½ and
/// the others 0, so that any two choices are at distance 1.
/// </summary>
/// <param name="Space">What is searched.</param>
/// <param name="Process">Fitted to the standardised scores.</param>
/// <param name="Centre">A score is this plus <paramref name="Scale"/> times the process.</param>
public sealed record SearchModel(SearchSpace Space, GaussianProcess Process, GaussianProcessData Data, double Centre, double Scale)
{
    /// <summary>A fit takes time with the cube of the number of trials, so of more than this many the best half and the newest half are used.</summary>
    public const int MostTrials = 256;

    /// <summary>
    /// Fits to the trials so far. One that was not measured counts as the worst that was: what diverges is bad, and nobody knows how bad. Scores beyond the outer fence Q₃ + 3 (Q₃
    /// − Q₁) count as the fence (J. W. Tukey, "Exploratory Data Analysis", 1977): a loss of 10⁶ just before divergence would hide all differences that matter.
    /// </summary>
    /// <returns>Null where fewer than two scores differ.</returns>
    public static SearchModel? Of(SearchSpace space, IReadOnlyList<SearchTrial> trials)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(trials);
        var measured = trials.Where(trial => trial.IsMeasured).Select(trial => trial.Score!.Value).ToImmutableArray();
        if (measured.Distinct().Count() < 2)
        {
            return null;
        }

        var (quarter, threeQuarters) = (OrderStatistics.Quantile(measured, 0.25), OrderStatistics.Quantile(measured, 0.75));
        var fence = threeQuarters > quarter ? threeQuarters + (3 * (threeQuarters - quarter)) : double.PositiveInfinity;
        var worst = Math.Min(fence, measured.Max());
        var used = Selected(trials);
        var scores = used.Select(trial => trial.IsMeasured ? Math.Min(trial.Score!.Value, worst) : worst).ToImmutableArray();
        var centre = scores.Average();
        var scale = Math.Sqrt(scores.Average(score => (score - centre) * (score - centre)));
        if (scale == 0)
        {
            return null;
        }

        var inputs = used.Select(trial => Features(space, trial.Point)).ToImmutableArray();
        var data = new GaussianProcessData(inputs, FeatureGroups(space), [.. scores.Select(score => (score - centre) / scale)]);
        return new SearchModel(space, GaussianProcessFit.Of(data), data, centre, scale);
    }

    /// <summary>Of the standardised score.</summary>
    public Prediction Predict(UnitPoint point) => Process.Predict(Features(Space, point).AsSpan());

    /// <summary>
    /// The model as if a trial that is still running had come out as predicted, so that the next one is not sent to the same place: the "kriging believer" of D. Ginsbourger, R. Le
    /// Riche, L. Carraro, "Kriging Is Well-Suited to Parallelize Optimization", 2010. The prior stays.
    /// </summary>
    public SearchModel Believing(UnitPoint point)
    {
        var data = Data with { Inputs = Data.Inputs.Add(Features(Space, point)), Targets = Data.Targets.Add(Predict(point).Mean) };
        return this with { Data = data, Process = GaussianProcess.Condition(data, Process.Prior) };
    }

    /// <summary>[features] of a point.</summary>
    public static ImmutableArray<double> Features(SearchSpace space, UnitPoint point)
    {
        ArgumentNullException.ThrowIfNull(space);
        var features = ImmutableArray.CreateBuilder<double>();
        foreach (var (dimension, unit) in space.Dimensions.Zip(point.Coordinates))
        {
            if (dimension is ChoiceDimension choice)
            {
                var index = choice.Index(unit);
                features.AddRange(Enumerable.Range(0, choice.Choices.Length).Select(i => i == index ? Math.Sqrt(0.5) : 0));
            }
            else
            {
                features.Add(unit);
            }
        }

        return features.ToImmutable();
    }

    private static ImmutableArray<int> FeatureGroups(SearchSpace space) =>
        [.. space.Dimensions.SelectMany((dimension, i) => Enumerable.Repeat(i, dimension is ChoiceDimension choice ? choice.Choices.Length : 1))];

    private static ImmutableArray<SearchTrial> Selected(IReadOnlyList<SearchTrial> trials)
    {
        if (trials.Count <= MostTrials)
        {
            return [.. trials];
        }

        var best = Enumerable.Range(0, trials.Count).OrderBy(i => trials[i].IsMeasured ? trials[i].Score!.Value : double.PositiveInfinity).ThenBy(i => i).Take(MostTrials / 2).ToHashSet();
        var newest = Enumerable.Range(0, trials.Count).Reverse().Where(i => !best.Contains(i)).Take(MostTrials - best.Count);
        return [.. best.Concat(newest).Order().Select(i => trials[i])];
    }
}
