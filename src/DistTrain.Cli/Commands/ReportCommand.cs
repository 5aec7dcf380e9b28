using DistTrain.Actors;
using DistTrain.Cli.Output;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Cli.Commands;

/// <param name="Run">The run directory.</param>
/// <param name="File">Null for <c>report.html</c> in it.</param>
public sealed record ReportRequest(string Run, string? File, bool Json);

/// <summary>Makes the report of a run, from its metrics and, where they are there, its weights and its data.</summary>
public static class ReportCommand
{
    public static ExitCode Run(ReportRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var paths = new RunPaths(request.Run);
        var file = request.File ?? paths.Report;
        var lines = RunMetrics.Lines(request.Run);
        OutputFile.Check(file);
        var (confusions, why) = Confusions(request.Run, host);
        OutputFile.Write(file, RunReportPage.Html(lines, request.Run, confusions));
        if (request.Json)
        {
            host.Output.WriteLine(JsonEvents.Object(json =>
            {
                json.WriteString("run", request.Run);
                json.WriteString("report", file);
                json.WriteString("withoutConfusions", why);
            }));
        }
        else
        {
            host.Output.WriteLine($"written to {file}");
            if (why is not null)
            {
                host.Output.WriteLine($"without a confusion matrix: {why}");
            }
        }

        return ExitCode.Success;
    }

    /// <summary>Who was taken for whom, or why that is not known. A report says what it can.</summary>
    private static (Confusions? Confusions, string? Why) Confusions(string directory, Host host)
    {
        try
        {
            var run = RunReader.Read(directory);
            var names = run.Preprocessing.ClassNames;
            if (names.Length is 0 or > RunReportPage.MostClasses)
            {
                return (null, names.Length == 0 ? "the model tells no classes apart" : $"of {names.Length} classes nobody could read one");
            }

            var samples = ModelSamples.PartOf(run, DataSplit.Test).Samples;
            return samples.Count == 0
                ? (null, "the run kept no test part")
                : (RunReportPage.Confusions(Inference.Confusion(host.Engine(run.Configuration.Engine), run.Model.Graph, run.Model.Loss, run.Model.Weights, samples), names), null);
        }
        catch (CommandException refusal)
        {
            return (null, refusal.Message);
        }
    }
}
