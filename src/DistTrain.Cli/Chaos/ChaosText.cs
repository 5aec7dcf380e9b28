using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>Words for faults.</summary>
internal static partial class ChaosText
{
    private const string Prefix = "disttrain: ";

    /// <summary>What was done.</summary>
    public static string What(PlannedFault plan, FaultPoint? died) => plan.Kind switch
    {
        FaultKind.Stop => Text($"stop for {plan.LastsSeconds:F1} s"),
        FaultKind.Cut when plan.IsSilent => Text($"hold the line for {plan.LastsSeconds:F1} s"),
        FaultKind.Cut => Text($"cut for {plan.LastsSeconds:F1} s"),
        _ => "kill -9",
    };

    /// <summary>Where in a step or a checkpoint a process was.</summary>
    public static string Phase(FaultPoint? died) => died switch
    {
        FaultPoint.Compute => "compute",
        FaultPoint.Gradient => "mid-gradient",
        FaultPoint.Apply => "between two shards' applies",
        FaultPoint.Checkpoint => "mid-checkpoint",
        FaultPoint.Manifest => "between manifest and journal",
        FaultPoint.Journal => "journal entry not flushed",
        _ => "any moment",
    };

    /// <summary>What the cluster did.</summary>
    public static string Effect(ImmutableArray<ReturnFacts> returns, IEnumerable<string> notices)
    {
        if (returns.Length > 0)
        {
            return string.Join("; ", returns.Select(back => Text($"back to step {back.From}: {back.Replayed} steps, {back.LostSeconds:F1} s again")));
        }

        string[] said = [.. notices.Select(notice => Parenthesis().Replace(notice.StartsWith(Prefix, StringComparison.Ordinal) ? notice[Prefix.Length..] : notice, ""))];
        return Array.Find(said, sentence => sentence.Contains(" is lost", StringComparison.Ordinal)) ?? (said.Length > 0 ? said[0] : "training went on");
    }

    [GeneratedRegex(@" \((?:[^()]|\([^()]*\))*\)")]
    private static partial Regex Parenthesis();

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
