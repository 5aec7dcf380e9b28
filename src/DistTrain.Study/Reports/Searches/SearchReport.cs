using System.Collections.Immutable;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Plotting;

namespace DistTrain.Study.Reports.Searches;

/// <summary>The report of a search for hyper-parameters.</summary>
public static class SearchReport
{
    /// <summary>Nearer than this to an end of its range, a best value may well lie beyond it.</summary>
    private const double Edge = 0.03;

    private const int MostRows = 2000;

    public static ReportDocument Of(SearchOutcome search, Provenance provenance)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(provenance);
        return new ReportDocument
        {
            Kind = "Search for hyper-parameters",
            Title = search.Title,
            Headline = search.Best is { Objective: { } best } ? $"The lowest {search.Objective} of {NumberText.Count(search.Trials.Length, "trial")} is {Written(search, best)}" : $"None of {NumberText.Count(search.Trials.Length, "trial")} gave a {search.Objective}",
            Findings = [.. Findings(search), .. search.Findings],
            Refusals = [.. Refusals(search), .. search.Refusals],
            Sections =
            [
                new ReportSection("The best") { Tables = Best(search) },
                new ReportSection("How it went") { Figures = SearchFigures.Of(search) },
                new ReportSection("Trials") { Tables = [Trials(search)] },
            ],
            Settings = [("objective", search.Objective), ("sampler", search.Sampler), .. search.Parameters.Select(parameter => (parameter.Name, Range(parameter))), .. search.Settings],
            Provenance = provenance,
        };
    }

    internal static string Written(SearchOutcome search, double objective) => search.ObjectiveIsShare ? NumberText.Percent(objective) : NumberText.Figure(objective, 4);

    internal static DataTable Data(SearchOutcome search) => DataTable.Of(
        "search_trials",
        ["trial", .. search.Parameters.Select(parameter => parameter.Name), "objective", "status", "resource", "seconds"],
        search.Trials,
        trial => [trial.Index, .. trial.Values, trial.Objective, trial.Status, trial.Resource, trial.Seconds]);

    private static IEnumerable<string> Findings(SearchOutcome search)
    {
        if (search.Best is { Objective: { } objective } best)
        {
            yield return $"Trial {best.Index} is the best, with a {search.Objective} of {Written(search, objective)}: {string.Join(", ", search.Parameters.Select((parameter, index) => $"{parameter.Name} {best.Values[index]}"))}.";
            var median = search.Trials.Select(trial => trial.Objective).OfType<double>().Where(double.IsFinite).Order().ToArray();
            yield return $"The middle of the {NumberText.Count(median.Length, "trial")} that gave one has {Written(search, median[median.Length / 2])}.";
        }

        if (!search.Importance.IsEmpty)
        {
            yield return $"By the estimate of importance, {string.Join(", ", search.Importance.OrderByDescending(pair => pair.Value).Take(3).Select(pair => $"{pair.Key} explains {NumberText.Figure(pair.Value * 100, 2)}\u00a0%"))} of the variation.";
        }

        foreach (var group in search.Trials.GroupBy(trial => trial.Status).Where(group => group.Any(trial => trial.Objective is null)))
        {
            yield return $"{NumberText.Count(group.Count(trial => trial.Objective is null), "trial")} gave no {search.Objective}: {group.Key}.";
        }
    }

    private static IEnumerable<string> Refusals(SearchOutcome search)
    {
        if (search.Best is not { } best)
        {
            yield break;
        }

        yield return $"How good the best setting is: the lowest of {NumberText.Count(search.Trials.Length, "trial")} is too good, by chance. Train it again from other seeds, and look at the test part.";
        foreach (var (parameter, index) in search.Parameters.Select((parameter, index) => (parameter, index)))
        {
            if (parameter.Scale != SearchScale.Choice && best.Positions[index] is < Edge or > 1 - Edge)
            {
                yield return $"Where the best {parameter.Name} is: that of the best trial, {best.Values[index]}, lies at an end of its range ({Range(parameter)}). Widen it.";
            }
        }
    }

    private static ImmutableArray<ReadableTable> Best(SearchOutcome search) => search.Best is { } best
        ?
        [
            new ReadableTable(
                "Settings of the best trial",
                ["parameter", "value", "range"],
                [.. search.Parameters.Select((parameter, index) => ImmutableArray.Create(parameter.Name, best.Values[index], Range(parameter)))],
                LeftColumns: 9),
            .. search.BestConfiguration is { } yaml
                ? (ReadableTable[])[new ReadableTable(
                    "As a configuration for disttrain train --config",
                    ["YAML"],
                    [.. yaml.TrimEnd().Split('\n').Select(line => ImmutableArray.Create(line))],
                    LeftColumns: 9) { IsFolded = true }]
                : [],
        ]
        : [];

    private static ReadableTable Trials(SearchOutcome search) => new(
        $"Every trial ({NumberText.Whole(search.Trials.Length)})",
        ["status", "trial", search.Objective, .. search.Parameters.Select(parameter => parameter.Name), search.Resource, "seconds"],
        [
            .. search.Trials.OrderBy(trial => trial.Objective ?? double.PositiveInfinity).ThenBy(trial => trial.Index).Take(MostRows).Select(trial => (ImmutableArray<string>)
            [
                trial.Status, NumberText.Whole(trial.Index), trial.Objective is { } value ? Written(search, value) : "", .. trial.Values, trial.Resource is { } resource ? NumberText.Figure(resource) : "", NumberText.Figure(trial.Seconds),
            ]),
        ],
        LeftColumns: 1)
    {
        Caption = search.Trials.Length > MostRows ? $"The best {NumberText.Whole(MostRows)}; the file has all." : "The best first.",
        IsFolded = true,
        Data = Data(search),
    };

    private static string Range(SearchParameter parameter) => parameter switch
    {
        { Scale: SearchScale.Choice } => string.Join(", ", parameter.Choices),
        { Low: { } low, High: { } high } => $"{NumberText.Figure(low)} to {NumberText.Figure(high)}{(parameter.Scale == SearchScale.Logarithmic ? ", logarithmic" : "")}",
        _ => "",
    };
}
