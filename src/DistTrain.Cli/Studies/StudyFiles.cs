using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning.Engines;
using DistTrain.Study.Reports.Pages;

namespace DistTrain.Cli.Studies;

/// <summary>Writes what a study found into its folder: each file whole, so that a reader never sees half of one.</summary>
internal static class StudyFiles
{
    public const string Report = "report.html";

    /// <exception cref="CommandException">A file cannot be written.</exception>
    public static void Write(string folder, ReportDocument report, params IEnumerable<(string FileName, string Content)> files)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var figures = report.Data().Select(table => ($"{table.Name}.csv", table.ToCsv()));
            foreach (var (name, content) in figures.Concat(files).Append((Report, report.ToHtml())))
            {
                var path = Path.Combine(folder, name);
                File.WriteAllText(path + ".new", content);
                File.Move(path + ".new", path, overwrite: true);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.RunDirectory, $"the folder {Shell.Quote(folder)} cannot be written: {fault.Message.TrimEnd('.')}", fault);
        }
    }

    public static Provenance ProvenanceOf(Host host, DataSet data, IEngine engine, ulong seed, string command) => new()
    {
        ProgramVersion = host.Version,
        DataName = data.Name,
        DataHash = data.ContentHash,
        ArithmeticId = engine.ArithmeticId.Value,
        Seed = seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Command = command,
    };
}
