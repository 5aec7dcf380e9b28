using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Study.Reports.Searches;
using DistTrain.Study.Sampling;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Experiments;

/// <summary>What a search has found, for its report.</summary>
public static class SearchAnalysis
{
    /// <param name="bestConfiguration">As YAML; null where nothing has a score.</param>
    public static SearchOutcome Of(SearchPlan plan, SearchTrials trials, string title, ImmutableArray<(string Name, string Value)> settings, string? bestConfiguration)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(trials);
        var importance = ParameterImportance.Of(plan.Space, [.. trials.Configurations.Select(tried => new Sampling.SearchTrial(tried.Point, tried.Score))], plan.Seed);
        return new SearchOutcome
        {
            Title = title,
            Objective = plan.Objective == GoalMetric.ValidationError ? "validation error" : "validation loss",
            ObjectiveIsShare = plan.Objective == GoalMetric.ValidationError,
            Sampler = NameOf(plan),
            Parameters = [.. plan.Space.Dimensions.Select(ParameterOf)],
            Trials = [.. trials.Configurations.Select(tried => TrialOf(plan, tried))],
            BestIndex = trials.Best?.Index,
            Importance = importance.Sensitivities.ToImmutableSortedDictionary(sensitivity => sensitivity.Name, sensitivity => Math.Clamp(sensitivity.Total, 0, 1)),
            Settings = settings,
            BestConfiguration = bestConfiguration,
            Findings = [.. Confirmed(plan, trials), .. Explained(importance)],
            Refusals = importance.Refusal is { } reason ? [$"Which settings matter is not said: {reason}."] : [],
        };
    }

    private static IEnumerable<string> Confirmed(SearchPlan plan, SearchTrials trials)
    {
        double[] scores = [.. trials.Confirmation.Select(trial => HyperParameterSearch.ScoreOf(plan, trial)).OfType<double>()];
        if (scores.Length > 0 && trials.Best is { Score: { } found })
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"On {scores.Length} other seeds the best configuration reaches {OrderStatistics.Median(scores):G3} in the median ({scores.Min():G3} to {scores.Max():G3}); the search had found {found:G3}, which was chosen for being low.");
        }
    }

    private static IEnumerable<string> Explained(ParameterImportance importance)
    {
        if (importance is { Sensitivities.IsEmpty: false, ExplainedShare: { } share })
        {
            var most = importance.Sensitivities.MaxBy(sensitivity => sensitivity.Total);
            yield return string.Create(CultureInfo.InvariantCulture, $"{most.Name} matters most: with all its interactions it is answerable for {Math.Clamp(most.Total, 0, 1) * 100:F0} % of the variance over the space, as a model has it that explains {share * 100:F0} % of the trials.");
        }
    }

    private static string NameOf(SearchPlan plan) => plan.Method switch
    {
        SearchMethod.Grid => $"grid of at most {plan.GridPoints} values a setting",
        SearchMethod.Random => "random",
        SearchMethod.Sobol => "quasi-random (scrambled Sobol sequence)",
        SearchMethod.Bayesian => "Bayesian (Gaussian process, expected improvement)",
        SearchMethod.Halving => $"successive halving by {plan.ReductionFactor}, from {plan.LeastEpochs} to {plan.Epochs} epochs",
        _ => $"ASHA by {plan.ReductionFactor}, from {plan.LeastEpochs} to {plan.Epochs} epochs",
    };

    private static SearchParameter ParameterOf(SearchDimension dimension) => dimension switch
    {
        ChoiceDimension choice => new SearchParameter(choice.Name, SearchScale.Choice, null, null, choice.Choices),
        LogDimension log => new SearchParameter(log.Name, SearchScale.Logarithmic, log.Lower, log.Upper, []),
        IntegerLogDimension log => new SearchParameter(log.Name, SearchScale.Logarithmic, log.Lower, log.Upper, []),
        _ => new SearchParameter(dimension.Name, SearchScale.Linear, dimension.Value(0).Number, dimension.Value(1).Number, []),
    };

    private static Reports.Searches.SearchTrial TrialOf(SearchPlan plan, SearchedConfiguration tried)
    {
        var positions = plan.Space.Dimensions.Zip(tried.Point.Coordinates).Select(pair => pair.First is ChoiceDimension { Choices: { Length: > 1 } choices } choice ? choice.Index(pair.Second) / (choices.Length - 1.0) : pair.Second);
        return new Reports.Searches.SearchTrial(
            tried.Index,
            [.. plan.Space.Values(tried.Point).Select(value => value.Text)],
            [.. positions],
            tried.Score,
            tried.Trial.Status switch { TrialStatus.Diverged => "diverged", TrialStatus.FailedSystem => "failed", TrialStatus.StoppedEarly => "stopped early", _ => "finished" },
            plan.UsesRungs ? tried.Trial.Steps : null,
            tried.Trial.TrainSeconds + tried.Trial.EvaluationSeconds);
    }
}
