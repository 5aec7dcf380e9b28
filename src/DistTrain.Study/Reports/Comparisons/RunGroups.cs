using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Study.Reports.Comparisons;

/// <summary>Runs that differ in nothing but the seed.</summary>
/// <param name="Name">A letter, and what tells it from the other groups.</param>
/// <param name="Runs">In order of seeds.</param>
public sealed record RunGroup(string Name, ImmutableArray<RunHistory> Runs)
{
    /// <summary>The letter alone.</summary>
    public string Letter => Name.Split(':')[0];

    /// <summary>What tells it from the other groups alone; the letter where it is the only one.</summary>
    public string Difference => Name.Contains(':', StringComparison.Ordinal) ? Name[(Name.IndexOf(':', StringComparison.Ordinal) + 2)..] : Name;
}

/// <summary>Runs in groups of one configuration each.</summary>
/// <param name="Differences">Settings in which groups differ: a name, and its value in each group.</param>
public sealed record RunGroups(ImmutableArray<RunGroup> Groups, ImmutableArray<(string Name, ImmutableArray<string> Values)> Differences)
{
    private const string Seed = "seed";
    private const int LongestName = 60;

    /// <exception cref="InvalidInputException">There are no runs, or one does not say what was set; one sentence says which.</exception>
    public static RunGroups Of(IEnumerable<RunHistory> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var all = runs.ToImmutableArray();
        if (all.IsEmpty)
        {
            throw new InvalidInputException("there is no run to compare");
        }

        if (all.FirstOrDefault(run => run.Configuration.IsEmpty) is { } mute)
        {
            throw new InvalidInputException($"the metrics of {(mute.Name.Length > 0 ? mute.Name : "a run")} do not say what was set, so that nobody can tell what it may be compared with");
        }

        var groups = all.GroupBy(KeyOf, StringComparer.Ordinal).Select(group => group.OrderBy(SeedOf).ThenBy(run => run.Name, StringComparer.Ordinal).ToImmutableArray()).ToImmutableArray();
        var differences = Differ(groups);
        return new RunGroups([.. groups.Select((group, index) => new RunGroup(NameOf(index, differences, groups.Length), group))], differences);
    }

    private static string KeyOf(RunHistory run) => string.Join('\u0001', SettingsOf(run).Select(setting => $"{setting.Name}\u0002{setting.Value}"));

    /// <summary>All that could show in the weights or the seconds, apart from the seed.</summary>
    private static IEnumerable<(string Name, string Value)> SettingsOf(RunHistory run) =>
        run.Configuration.Where(setting => setting.Name != Seed).Append(("data content", run.DataHash ?? "")).Append(("arithmetic", run.ArithmeticId ?? ""));

    private static ulong SeedOf(RunHistory run) => ulong.TryParse(run.Setting(Seed), out var seed) ? seed : 0;

    private static ImmutableArray<(string Name, ImmutableArray<string> Values)> Differ(ImmutableArray<ImmutableArray<RunHistory>> groups)
    {
        var settings = groups.Select(group => SettingsOf(group[0]).DistinctBy(setting => setting.Name).ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal)).ToArray();
        var names = groups.SelectMany(group => SettingsOf(group[0]).Select(setting => setting.Name)).Distinct();
        return
        [
            .. names.Select(name => (Name: name, Values: settings.Select(of => of.GetValueOrDefault(name, "not set")).ToImmutableArray())).Where(row => row.Values.Distinct().Count() > 1),
        ];
    }

    private static string NameOf(int index, ImmutableArray<(string Name, ImmutableArray<string> Values)> differences, int groups)
    {
        var letter = index < 26 ? $"{(char)('A' + index)}" : $"G{index + 1}";
        if (groups == 1)
        {
            return letter;
        }

        var words = string.Join(", ", differences.Select(difference => $"{RunTables.Words(difference.Name)} {difference.Values[index]}"));
        return $"{letter}: {(words.Length <= LongestName ? words : words[..LongestName].TrimEnd() + "…")}";
    }
}
