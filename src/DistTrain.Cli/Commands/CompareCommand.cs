using System.Collections.Immutable;
using DistTrain.Cli.Output;
using DistTrain.Study.Reports.Comparisons;
using DistTrain.Study.Reports.Pages;

namespace DistTrain.Cli.Commands;

/// <param name="Runs">Run directories, in the order in which groups are named.</param>
/// <param name="File">Null for no page.</param>
public sealed record CompareRequest(ImmutableArray<string> Runs, string? File, bool Json);

/// <summary>Lays runs beside each other.</summary>
public static class CompareCommand
{
    public static ExitCode Run(CompareRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        if (request.File is { } path)
        {
            OutputFile.Check(path);
        }

        var runs = request.Runs.Distinct().Select(RunMetrics.Read).ToImmutableArray();
        var groups = Stage.ReadingRun(() => RunGroups.Of(runs));
        var report = ComparisonReport.Of(runs);
        if (request.File is { } file)
        {
            OutputFile.Write(file, report.ToHtml());
        }

        if (request.Json)
        {
            WriteJson(host, groups, report);
        }
        else
        {
            WriteText(host, groups, report);
            if (request.File is { } written)
            {
                host.Output.WriteLine($"drawn in {written}");
            }
        }

        return ExitCode.Success;
    }

    private static void WriteText(Host host, RunGroups groups, ReportDocument report)
    {
        host.Output.WriteLine(Plain(report.Headline));
        host.Output.WriteLine();
        foreach (var group in groups.Groups)
        {
            host.Output.WriteLine($"{RunText.Printable(group.Name)}: {string.Join(", ", group.Runs.Select(run => RunText.Printable(run.Name)))}");
        }

        foreach (var table in report.Sections.SelectMany(section => section.Tables).Where(table => !table.IsFolded && table.Data?.Name != "runs"))
        {
            host.Output.WriteLine();
            host.Output.WriteLine(table.Title);
            foreach (var line in TextTable.Lines(table.Columns, [.. table.Rows.Select(row => (IReadOnlyList<string>)[.. row.Select(Plain)])], table.LeftColumns))
            {
                host.Output.WriteLine(line);
            }
        }

        foreach (var (title, sentences) in ((string, ImmutableArray<string>)[])[("What was found", report.Findings), ("What is not concluded, and why", report.Refusals)])
        {
            if (!sentences.IsEmpty)
            {
                host.Output.WriteLine();
                host.Output.WriteLine(title);
                foreach (var sentence in sentences)
                {
                    host.Output.WriteLine($"  {Plain(sentence)}");
                }
            }
        }
    }

    /// <summary>A line for each group, then one for each finding and refusal.</summary>
    private static void WriteJson(Host host, RunGroups groups, ReportDocument report)
    {
        foreach (var (group, index) in groups.Groups.Select((group, index) => (group, index)))
        {
            host.Output.WriteLine(JsonEvents.Line("group", json =>
            {
                json.WriteString("group", group.Letter);
                json.WriteStartArray("runs");
                foreach (var run in group.Runs)
                {
                    json.WriteStringValue(run.Name);
                }

                json.WriteEndArray();
                json.WriteStartObject("differences");
                foreach (var (name, values) in groups.Differences)
                {
                    json.WriteString(name, values[index]);
                }

                json.WriteEndObject();
                json.WriteObjects("figures", ComparisonReport.Metrics(groups).Append("seconds").Select(metric => (Name: metric, Interval: ComparisonReport.Interval(group, metric))), figure =>
                {
                    json.WriteString("name", figure.Name);
                    json.WriteFinite("mean", figure.Interval?.Mean);
                    json.WriteFinite("lower", figure.Interval?.Lower);
                    json.WriteFinite("upper", figure.Interval?.Upper);
                    json.WriteNumber("runs", figure.Interval?.Count ?? 0);
                });
            }));
        }

        foreach (var sentence in report.Findings)
        {
            host.Output.WriteLine(JsonEvents.Line("finding", json => json.WriteString("sentence", Plain(sentence))));
        }

        foreach (var sentence in report.Refusals)
        {
            host.Output.WriteLine(JsonEvents.Line("refusal", json => json.WriteString("sentence", Plain(sentence))));
        }
    }

    /// <summary>Without what a terminal must not get, and with spaces that programs know.</summary>
    private static string Plain(string text) => RunText.Printable(text.Replace('\u00a0', ' '));
}
