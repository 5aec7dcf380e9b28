using System.Collections.Immutable;

namespace DistTrain.Study.Reports.Searches;

/// <summary>How a parameter's values are ordered.</summary>
public enum SearchScale
{
    Linear,
    Logarithmic,

    /// <summary>Not at all: one of several names.</summary>
    Choice,
}

/// <summary>What was varied.</summary>
/// <param name="Name">As it is set.</param>
/// <param name="Low">Least value of its range; null for choices.</param>
/// <param name="High">Greatest value; null for choices.</param>
/// <param name="Choices">Their names, in order; empty for a range.</param>
public sealed record SearchParameter(string Name, SearchScale Scale, double? Low, double? High, ImmutableArray<string> Choices);

/// <summary>One training of a search.</summary>
/// <param name="Index">From 0, in the order in which they were begun.</param>
/// <param name="Values">[parameters] as text.</param>
/// <param name="Positions">[parameters] 0 to 1 across the range; of choices, index over the last index.</param>
/// <param name="Objective">Lower is better; null where there is none.</param>
/// <param name="Status">Such as <c>finished</c>, <c>stopped early</c> or <c>diverged</c>.</param>
/// <param name="Resource">Of training that it was given, such as steps; null where all were given the same.</param>
public sealed record SearchTrial(int Index, ImmutableArray<string> Values, ImmutableArray<double> Positions, double? Objective, string Status, double? Resource, double Seconds);

/// <summary>All that a search has found.</summary>
public sealed record SearchOutcome
{
    public required string Title { get; init; }

    /// <summary>What was to be as low as possible, such as <c>validation error</c>.</summary>
    public required string Objective { get; init; }

    /// <summary>Whether it is a share, to be shown as a percentage.</summary>
    public bool ObjectiveIsShare { get; init; }

    /// <summary>Such as <c>Gaussian process, expected improvement</c>.</summary>
    public required string Sampler { get; init; }

    public required ImmutableArray<SearchParameter> Parameters { get; init; }

    public required ImmutableArray<SearchTrial> Trials { get; init; }

    /// <summary>The best trial's; null where none has an objective.</summary>
    public int? BestIndex { get; init; }

    /// <summary>By the name of a parameter: the share of the objective's variation that it explains, 0 to 1; empty where it was not estimated.</summary>
    public ImmutableSortedDictionary<string, double> Importance { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>What <see cref="Resource"/> counts, such as <c>steps</c>.</summary>
    public string Resource { get; init; } = "steps";

    public ImmutableArray<(string Name, string Value)> Settings { get; init; } = [];

    /// <summary>The best configuration as YAML; null where there is none.</summary>
    public string? BestConfiguration { get; init; }

    /// <summary>Further findings, in sentences.</summary>
    public ImmutableArray<string> Findings { get; init; } = [];

    /// <summary>What else is not concluded, and why.</summary>
    public ImmutableArray<string> Refusals { get; init; } = [];

    internal SearchTrial? Best => BestIndex is { } index ? Trials.FirstOrDefault(trial => trial.Index == index) : null;
}
