using System.Collections.Immutable;
using static System.FormattableString;

namespace DistTrain.Study.Sampling;

/// <summary>How much of the variance of the score over the search space a hyper-parameter is answerable for.</summary>
/// <param name="FirstOrder">Alone: Var(E(score | x_i))/Var(score). Near 0 or a little below where it does nothing.</param>
/// <param name="Total">With all interactions that it takes part in: E(Var(score | all others))/Var(score).</param>
public readonly record struct Sensitivity(string Name, double FirstOrder, double Total);

/// <summary>
/// Which hyper-parameters matter, from a search's trials: the Sobol indices of the Gaussian process that was fitted to them. They are properties of the model, not of the
/// trainings: a search that went mostly to good places has seen little of the rest, and scores beyond the outer fence count as the fence. So the model is tried on each trial from
/// all others first, and nothing is said when it fails.
/// </summary>
/// <param name="Sensitivities">[dimensions], in the space's order; empty when refused.</param>
/// <param name="ExplainedShare">1 − Σ(yᵢ − ŷᵢ)²/Σ(yᵢ − ȳ)² with ŷᵢ predicted from all trials but i; null without a model.</param>
public sealed record ParameterImportance(ImmutableArray<Sensitivity> Sensitivities, double? ExplainedShare, string? Refusal)
{
    /// <summary>
    /// A model that explains less of the trials than this says nothing of the parameters. With at least so many trials, results that are nothing but noise get above it in about
    /// one of 100 searches (measured for 1 to 5 settings); 0.3 would let through one in ten.
    /// </summary>
    private const double LeastExplainedShare = 0.5;

    private const int FewestTrials = 10;
    private const int FewestTrialsPerDimension = 8;
    private const int Samples = 1024;

    /// <summary>
    /// With f the model's mean, A and B two independent sets of 1024 points, and A_i the set A with coordinate i from B: first order mean(f(B)(f(A_i) − f(A)))/V, total mean((f(A)
    /// − f(A_i))²)/2V, with f centred. A. Saltelli et al., "Variance based sensitivity analysis of model output", 2010, table 2 (b) and (f).
    /// </summary>
    public static ParameterImportance Of(SearchSpace space, IReadOnlyList<SearchTrial> trials, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(trials);
        var (measured, needed) = (trials.Count(trial => trial.IsMeasured), Math.Max(FewestTrials, FewestTrialsPerDimension * space.Dimensions.Length));
        if (measured < needed)
        {
            return new ParameterImportance([], null, Invariant($"there are {measured} trials with a result, and {needed} are needed for {space.Dimensions.Length} settings"));
        }

        if (SearchModel.Of(space, trials) is not { } model)
        {
            return new ParameterImportance([], null, "all trials have the same result");
        }

        // Scores are standardised, so their squares add up to their number.
        var explained = 1 - (model.Process.LeaveOneOut().Zip(model.Data.Targets, (predicted, target) => (target - predicted) * (target - predicted)).Sum() / model.Data.Count);
        return explained < LeastExplainedShare
            ? new ParameterImportance([], explained, Invariant($"the model predicts the trials too badly from each other to say what matters (it explains {Math.Max(0, explained) * 100:0} % of their variance)"))
            : new ParameterImportance(Indices(model, seed), explained, null);
    }

    private static ImmutableArray<Sensitivity> Indices(SearchModel model, ulong seed)
    {
        var space = model.Space;
        var dimensions = space.Dimensions.Length;
        var (a, b) = TwoSamples(space, seed);
        var (atA, atB) = (Means(model, a), Means(model, b));
        var centre = atA.Concat(atB).Average();
        var variance = atA.Concat(atB).Average(value => (value - centre) * (value - centre));
        return
        [
            .. Enumerable.Range(0, dimensions).Select(d =>
            {
                var mixed = Means(model, [.. a.Zip(b, (one, other) => new UnitPoint(one.Coordinates.SetItem(d, other.Coordinates[d])))]);
                var first = Enumerable.Range(0, Samples).Average(i => (atB[i] - centre) * (mixed[i] - atA[i])) / variance;
                var total = Enumerable.Range(0, Samples).Average(i => (atA[i] - mixed[i]) * (atA[i] - mixed[i])) / (2 * variance);
                return new Sensitivity(space.Dimensions[d].Name, first, total);
            }),
        ];
    }

    private static (ImmutableArray<UnitPoint> A, ImmutableArray<UnitPoint> B) TwoSamples(SearchSpace space, ulong seed)
    {
        var dimensions = space.Dimensions.Length;
        var indices = Enumerable.Range(0, Samples).ToImmutableArray();
        if (2 * dimensions > SobolSequence.MostDimensions)
        {
            return ([.. indices.Select(i => RandomSampler.Point(space, seed, i))], [.. indices.Select(i => RandomSampler.Point(space, seed, Samples + i))]);
        }

        // One sequence of twice the dimensions, cut in half: two sequences would not be independent.
        var points = indices.Select(i => SobolSequence.ShiftedPoint(2 * dimensions, seed, (uint)i)).ToImmutableArray();
        return ([.. points.Select(point => space.Snap(new UnitPoint(point[..dimensions])))], [.. points.Select(point => space.Snap(new UnitPoint(point[dimensions..])))]);
    }

    private static ImmutableArray<double> Means(SearchModel model, ImmutableArray<UnitPoint> points) => [.. points.Select(point => model.Predict(point).Mean)];
}
