using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Cli.Configuration;

namespace DistTrain.Cli.CommandLine;

internal sealed record HelpRow(string Name, string Description);

internal sealed record HelpSection(string Title, ImmutableArray<HelpRow> Rows);

internal sealed record CommandHelp(string Command, string Summary, ImmutableArray<HelpSection> Sections, ImmutableArray<string> Examples);

/// <summary>Help that can be learned from: what there is, what it is when nothing is said, examples, and what the exit codes mean.</summary>
internal static class HelpText
{
    private const int LineWidth = 110;

    private static readonly ImmutableArray<(ExitCode Code, string Meaning)> ExitCodes =
    [
        (ExitCode.Success, "all went well"),
        (ExitCode.InternalError, "a fault of disttrain itself"),
        (ExitCode.WrongUsage, "a flag or a configuration is not possible"),
        (ExitCode.BadData, "the data is missing, damaged or does not suit"),
        (ExitCode.NonFinite, "the training became non-finite; the last finite weights are saved"),
        (ExitCode.RunDirectory, "the run directory cannot be written or read"),
        (ExitCode.Network, "another process cannot be reached, or not any more, or this one cannot listen"),
        (ExitCode.Refused, "the cluster does not want this process: wrong secret, other version, other data"),
        (ExitCode.Superseded, "another coordinator has taken the run over; this one has written nothing more"),
        (ExitCode.Contradicted, "an epoch that was made again gave other weights: a machine computes wrongly, or the run was changed"),
        (ExitCode.Interrupted, "interrupted by Ctrl-C or SIGTERM; the weights are saved"),
    ];

    /// <param name="withDefault">Not where a stored run says what holds when nothing is said.</param>
    public static HelpRow RowOf(ConfigurationKey key, bool withDefault) => new(
        $"{string.Join(", ", key.Flags)} {key.ValueName}", withDefault ? $"{key.Description} [{ConfigurationWriter.ToText(key.Get(TrainConfiguration.Default))}]" : key.Description);

    public static void Write(TextWriter output, CommandHelp help)
    {
        output.WriteLine($"{help.Command}: {help.Summary}");
        output.WriteLine();
        output.WriteLine($"Usage: {Usage(help)}");
        var column = help.Sections.SelectMany(section => section.Rows).Max(row => row.Name.Length) + 4;
        foreach (var section in help.Sections)
        {
            output.WriteLine();
            output.WriteLine(section.Title);
            foreach (var row in section.Rows)
            {
                WriteRow(output, row, column);
            }
        }

        output.WriteLine();
        output.WriteLine("Examples");
        foreach (var example in help.Examples)
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        output.WriteLine("Exit codes");
        foreach (var (code, meaning) in ExitCodes)
        {
            output.WriteLine($"  {((int)code).ToString(CultureInfo.InvariantCulture),3}  {meaning}");
        }
    }

    private static string Usage(CommandHelp help)
    {
        if (help.Sections[0].Title == "Commands")
        {
            return $"{help.Command} COMMAND [options]";
        }

        var arguments = help.Sections[0].Title == "Arguments" ? string.Concat(help.Sections[0].Rows.Select(row => $" {row.Name}")) : "";
        return $"{help.Command}{arguments} [options]";
    }

    private static void WriteRow(TextWriter output, HelpRow row, int column)
    {
        var line = $"  {row.Name}".PadRight(column);
        foreach (var word in row.Description.Split(' '))
        {
            if (line.Length + 1 + word.Length > LineWidth)
            {
                output.WriteLine(line);
                line = new string(' ', column - 1);
            }

            line = line.Length == column && line.EndsWith(' ') ? line + word : $"{line} {word}";
        }

        output.WriteLine(line);
    }
}
