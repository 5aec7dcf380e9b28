using System.Globalization;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Commands;

/// <param name="Configuration">Flags over file over defaults, not yet resolved.</param>
/// <param name="RunDirectory">Null for a new one below <c>runs</c>.</param>
public sealed record TrainRequest(TrainConfiguration Configuration, string? RunDirectory, bool Json);

/// <summary>Trains a model: everything is checked, and the run directory opened, before the first step.</summary>
public static class TrainCommand
{
    /// <exception cref="CommandException">Something cannot be used; nothing has been trained.</exception>
    public static ExitCode Run(TrainRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var training = PreparedTraining.Of(request.Configuration, host);
        var reporter = Reporter(request.Json, host);
        var finds = training.Configuration.FindsLearningRate;
        if (finds)
        {
            training = training with { Definition = Stage.Configuration(() => LearningRateSearch.Checked(training.Definition)) };
        }

        using var directory = RunDirectoryWriter.Create(request.RunDirectory ?? FreeDirectory(host.UtcNow(), training.Data, training.Configuration));
        if (finds)
        {
            var rate = FindLearningRate(host, reporter, directory, training.Configuration, training.Definition, training.Engine);
            training = training with
            {
                Configuration = training.Configuration with { LearningRate = rate, FindsLearningRate = false },
                Definition = training.Definition with { LearningRate = rate },
            };
        }

        var run = training.In(directory.Paths, host);
        directory.WriteConfiguration(ConfigurationWriter.ToYaml(run.Configuration.WithoutCluster(training.Plan), Heading(training, run)));
        directory.AppendMetrics(JsonEvents.Started(run));
        var recovery = training.TakesCheckpoints ? RecoveryFiles.Open(training, run) : null;
        reporter.Started(run);
        return new TrainingSession(host, reporter, training, run, directory, recovery, new MetricsPast()).Run();
    }

    internal static TrainReporter Reporter(bool json, Host host) =>
        json ? new JsonReporter(host) : host.OutputIsTerminal ? new LiveReporter(host) : new PlainReporter(host);

    private static double FindLearningRate(
        Host host, TrainReporter reporter, RunDirectoryWriter directory, TrainConfiguration configuration, TrainingDefinition definition, IEngine engine)
    {
        using var cancellation = new CancellationTokenSource();
        using var interruption = host.ListenForInterruption(cancellation.Cancel, () => { });
        var range = LearningRateSearch.Run(host.Trainer(configuration.Runtime), definition, engine, cancellation.Token);
        if (cancellation.IsCancellationRequested)
        {
            throw new CommandException(ExitCode.Interrupted, "interrupted while looking for a learning rate; nothing has been trained");
        }

        directory.AppendMetrics(DiagnosticEvents.RateRange(range));
        reporter.RateRangeTested(range);
        return range.Suggestion
            ?? throw new CommandException(ExitCode.WrongUsage, $"the loss fell at no rate from {range.Points[0].LearningRate:G2} to {range.Points[^1].LearningRate:G2}, so that none can be chosen: give --learning-rate a number");
    }

    /// <summary>A new folder that tells runs apart and sorts by time: <c>runs/20260131-235959-digits-mlp-128-64</c>.</summary>
    private static string FreeDirectory(DateTime utcNow, DataSet data, TrainConfiguration configuration)
    {
        var model = configuration.Model.ShortForm ?? "layers";
        var words = $"{utcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{data.Name}-{model}";
        var name = string.Concat(words.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-'));
        var first = Path.Combine("runs", name);
        return Enumerable.Range(2, int.MaxValue - 2).Select(i => $"{first}-{i}").Prepend(first).First(path => !Path.Exists(path));
    }

    private static IEnumerable<string> Heading(PreparedTraining training, RunDescription run) =>
    [
        $"The resolved configuration of {run.RunDirectory}, written by disttrain {run.Version}.",
        "Train it again, to the same bits: disttrain train --config config.yaml",
        .. training.Plan is Clustered
            ? (string[])[$"It was trained by {RunText.Workers(run.Configuration)}; which processes train is left out here, as the weights do not depend on it."]
            : [],
    ];
}
