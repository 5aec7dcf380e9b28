using System.CommandLine;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;

namespace DistTrain.Cli.CommandLine;

/// <summary>The commands that show what runs have found.</summary>
internal sealed partial class CommandTree
{
    private readonly Argument<string[]> runs = new("RUN...") { Description = "run directories that 'disttrain train' made", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> reportFile = new("--out") { HelpName = "FILE", Description = "the HTML file to write; without it report.html in the run directory" };
    private readonly Option<string> comparisonFile = new("--out") { HelpName = "FILE", Description = "write the comparison as an HTML file as well: curves with bands over seeds, tables, findings" };

    private void AddReportCommands()
    {
        Add("report", "make the report of a run anew, or that of one that still trains", CommandExamples.Report, Report, [run], [reportFile, json]);
        Add("compare", "lay runs beside each other: means over seeds, and what seeds may explain", CommandExamples.Compare, Compare, [runs], [comparisonFile, json]);
    }

    private ExitCode Report(ParseResult line) => ReportCommand.Run(new ReportRequest(line.GetRequiredValue(run), Read(line, reportFile, ValueReading.NotEmpty), line.GetValue(json)), host);

    private ExitCode Compare(ParseResult line) => CompareCommand.Run(new CompareRequest([.. line.GetRequiredValue(runs)], Read(line, comparisonFile, ValueReading.NotEmpty), line.GetValue(json)), host);
}
