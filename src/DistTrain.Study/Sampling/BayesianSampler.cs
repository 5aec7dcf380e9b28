using System.Collections.Immutable;
using DistTrain.Learning.Numerics;
using static System.FormattableString;

namespace DistTrain.Study.Sampling;

/// <summary>The next trial, and why it is this one.</summary>
public sealed record Suggestion(UnitPoint Point, string Reason);

/// <summary>
/// Bayesian optimisation: the next trial is where a Gaussian process fitted to those before expects the greatest improvement. D. R. Jones, M. Schonlau, W. J. Welch, "Efficient
/// Global Optimization of Expensive Black-Box Functions", 1998; J. Snoek, H. Larochelle, R. P. Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", 2012. A
/// pure function of the trials so far: a search that is resumed goes on as it would have gone on.
/// </summary>
public static class BayesianSampler
{
    private const ulong Tag = 0x42415945UL << 32;

    /// <summary>
    /// One trial of so many is quasi-random whatever the model says, so that a model which took a setting for one that does not matter is found out. F. Hutter, H. H. Hoos, K.
    /// Leyton-Brown, "Sequential Model-Based Optimization for General Algorithm Configuration", 2011.
    /// </summary>
    private const int ExplorationPeriod = 5;

    private const int MostAttempts = 64;
    private const int SpreadCandidates = 512;
    private const int Incumbents = 3;
    private const int NeighboursPerScale = 24;
    private const int RefinedCandidates = 4;
    private const double FirstRefinement = 0.08;
    private const double LastRefinement = 0.002;

    private static readonly double[] NeighbourScales = [0.1, 0.03, 0.01];

    /// <summary>Trials that are drawn from a Sobol sequence before any model is made: two a hyper-parameter and two more.</summary>
    public static int InitialTrials(SearchSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return (2 * space.Dimensions.Length) + 2;
    }

    /// <param name="history">Finished trials, in the order of their numbers.</param>
    /// <param name="pending">Trials that are still running, in the order of their numbers.</param>
    public static Suggestion Next(SearchSpace space, ulong seed, IReadOnlyList<SearchTrial> history, IReadOnlyList<UnitPoint> pending)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(pending);
        var index = history.Count + pending.Count;
        var initial = InitialTrials(space);
        HashSet<UnitPoint> tried = [.. history.Select(trial => space.Snap(trial.Point)), .. pending.Select(space.Snap)];
        if (index < initial)
        {
            return new Suggestion(QuasiRandom(space, seed, index, tried), $"one of {initial} quasi-random trials before the first model");
        }

        if (SearchModel.Of(space, history) is not { } model)
        {
            return new Suggestion(QuasiRandom(space, seed, index, tried), "quasi-random: there are no two trials yet whose results differ");
        }

        var exploration = QuasiRandom(space, seed, index, tried);
        return (index - initial) % ExplorationPeriod == ExplorationPeriod - 1 && !tried.Contains(exploration)
            ? new Suggestion(exploration, $"quasi-random, as one trial of {ExplorationPeriod}: the model may be wrong where it has not looked")
            : Greatest(pending.Aggregate(model, (believed, point) => believed.Believing(point)), seed, index, tried);
    }

    /// <summary>The Sobol point of that index, or the next one that has not been tried: where there are few configurations, many points stand for the same one.</summary>
    private static UnitPoint QuasiRandom(SearchSpace space, ulong seed, int index, HashSet<UnitPoint> tried)
    {
        var points = Enumerable.Range(index, MostAttempts).Select(i => SobolSampler.Point(space, seed, i));
        return points.Where(point => !tried.Contains(point)).Append(SobolSampler.Point(space, seed, index)).First();
    }

    private static Suggestion Greatest(SearchModel model, ulong seed, int index, HashSet<UnitPoint> tried)
    {
        var space = model.Space;
        var random = new CounterBasedRandom(seed, Tag | (uint)index);
        var known = tried.Order(Comparer<UnitPoint>.Create((one, other) => model.Predict(one).Mean.CompareTo(model.Predict(other).Mean))).ToImmutableArray();

        // The least predicted mean where something was tried, not the least measured score, which is least by luck when measurements are noisy.
        var best = model.Predict(known[0]).Mean;
        var candidates = Spread(space, ref random).Concat(known.Take(Incumbents).SelectMany(incumbent => Neighbours(space, incumbent, ref random)))
            .Distinct().Where(point => !tried.Contains(point)).Select(point => Rate(model, point, best)).ToImmutableArray();
        if (candidates.IsEmpty)
        {
            return new Suggestion(known[0], "all configurations have been tried: the best one again");
        }

        var refined = candidates.OrderByDescending(candidate => candidate.Improvement).Take(RefinedCandidates).Select(candidate => Refine(model, candidate, best, tried));
        var chosen = refined.MaxBy(candidate => candidate.Improvement);
        if (chosen.Improvement <= 0)
        {
            chosen = candidates.MaxBy(candidate => candidate.Prediction.Variance);
            return new Suggestion(chosen.Point, "no improvement is expected anywhere: where least is known");
        }

        var (mean, deviation) = (model.Centre + (model.Scale * chosen.Prediction.Mean), model.Scale * chosen.Prediction.Deviation);
        return new Suggestion(
            chosen.Point,
            Invariant($"expected improvement {model.Scale * chosen.Improvement:G3}: predicted {mean:G4} ± {deviation:G2}, against {model.Centre + (model.Scale * best):G4} for the best so far"));
    }

    private readonly record struct Candidate(UnitPoint Point, Prediction Prediction, double Improvement);

    private static Candidate Rate(SearchModel model, UnitPoint point, double best)
    {
        var prediction = model.Predict(point);
        return new Candidate(point, prediction, ExpectedImprovement.Of(prediction, best));
    }

    private static List<UnitPoint> Spread(SearchSpace space, ref CounterBasedRandom random)
    {
        var dimensions = space.Dimensions.Length;
        var seed = random.NextULong();
        var points = new List<UnitPoint>();
        for (var i = 0; i < SpreadCandidates; i++)
        {
            points.Add(dimensions <= SobolSequence.MostDimensions
                ? space.Snap(new UnitPoint(SobolSequence.ShiftedPoint(dimensions, seed, (uint)i)))
                : RandomSampler.Point(space, seed, i));
        }

        return points;
    }

    /// <summary>Points about a good one: coordinates with an order are moved by normal steps; a choice is drawn anew once in as many times as there are hyper-parameters.</summary>
    private static List<UnitPoint> Neighbours(SearchSpace space, UnitPoint centre, ref CounterBasedRandom random)
    {
        var neighbours = new List<UnitPoint>();
        for (var i = 0; i < NeighboursPerScale * NeighbourScales.Length; i++)
        {
            var scale = NeighbourScales[i % NeighbourScales.Length];
            var coordinates = centre.Coordinates.ToArray();
            for (var d = 0; d < coordinates.Length; d++)
            {
                if (!space.Dimensions[d].IsCategorical)
                {
                    coordinates[d] = Math.Clamp(coordinates[d] + (scale * random.Normal()), 0, 1);
                }
                else if (random.BoundedUInt((uint)coordinates.Length) == 0)
                {
                    coordinates[d] = random.UniformDouble();
                }
            }

            neighbours.Add(space.Snap(new UnitPoint([.. coordinates])));
        }

        return neighbours;
    }

    /// <summary>Moves along one coordinate at a time as long as that helps, with steps that are halved when it does not.</summary>
    private static Candidate Refine(SearchModel model, Candidate candidate, double best, HashSet<UnitPoint> tried)
    {
        for (var step = FirstRefinement; step >= LastRefinement; step /= 2)
        {
            for (var d = 0; d < candidate.Point.Coordinates.Length; d++)
            {
                if (model.Space.Dimensions[d].IsCategorical)
                {
                    continue;
                }

                foreach (var move in new[] { -step, step })
                {
                    var moved = model.Space.Snap(new UnitPoint(candidate.Point.Coordinates.SetItem(d, Math.Clamp(candidate.Point.Coordinates[d] + move, 0, 1))));
                    var rated = Rate(model, moved, best);
                    candidate = rated.Improvement > candidate.Improvement && !tried.Contains(moved) ? rated : candidate;
                }
            }
        }

        return candidate;
    }
}
