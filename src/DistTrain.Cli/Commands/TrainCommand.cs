using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Actors;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Data;
using DistTrain.Learning;
using DistTrain.Learning.Engines;
using DistTrain.Runtime;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Commands;

/// <param name="Configuration">Flags over file over defaults, not yet resolved.</param>
/// <param name="RunDirectory">Null for a new one below <c>runs</c>.</param>
public sealed record TrainRequest(TrainConfiguration Configuration, string? RunDirectory, bool Json);

/// <summary>Trains a model: everything is checked, and the run directory opened, before the first step.</summary>
public sealed class TrainCommand
{
    private readonly Host host;
    private readonly TrainReporter reporter;
    private readonly IEngine engine;
    private readonly RunDescription run;
    private readonly TrainingDefinition definition;
    private readonly Dictionary<long, EpochReport> reportsByVersion = [];
    private readonly TrainingWatch watch;
    private readonly ClusterPlan plan;
    private readonly ClusterSecurity? security;
    private readonly object telling = new();

    private TrainCommand(Host host, TrainReporter reporter, IEngine engine, RunDescription run, TrainingDefinition definition, ClusterPlan plan, ClusterSecurity? security)
    {
        this.plan = plan;
        this.security = security;
        this.host = host;
        this.reporter = reporter;
        this.engine = engine;
        this.run = run;
        this.definition = definition;
        watch = new TrainingWatch(definition.Graph);
    }

    /// <exception cref="CommandException">Something cannot be used; nothing has been trained.</exception>
    public static ExitCode Run(TrainRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var plan = Stage.Configuration(() => ClusterPlan.Of(request.Configuration));
        var security = plan is Clustered { ProcessesToStart: 0 } ? Stage.Configuration(() => Credentials.Of(request.Configuration, host.Error.WriteLine)) : null;
        var source = Stage.Configuration(() => DataSettings.Source(request.Configuration));
        var data = Stage.Data(() => DataSetLoader.Load(source, DataSettings.Options(request.Configuration)));
        var configuration = DataSettings.Resolve(request.Configuration, source, data.Preprocessing).For(data.Train.Targets) with { Workers = plan.Workers };
        var engine = host.Engine(configuration.Engine);
        var reporter = Reporter(request, host);
        var definition = Stage.Configuration(() => Definition.Create(configuration, data, engine));
        var finds = configuration.FindsLearningRate;
        if (finds)
        {
            definition = Stage.Configuration(() => LearningRateSearch.Checked(definition));
        }

        using var directory = RunDirectoryWriter.Create(request.RunDirectory ?? FreeDirectory(host.UtcNow(), data, configuration));
        if (finds)
        {
            var rate = FindLearningRate(host, reporter, directory, configuration, definition, engine);
            configuration = configuration with { LearningRate = rate, FindsLearningRate = false };
            definition = definition with { LearningRate = rate };
        }

        var run = new RunDescription(
            configuration, data, definition.Graph, engine.KernelPath, engine.ArithmeticId, directory.Paths.Directory, host.Version);
        return new TrainCommand(host, reporter, engine, run, definition, plan, security).Run(directory);
    }

    private static TrainReporter Reporter(TrainRequest request, Host host) =>
        request.Json ? new JsonReporter(host) : host.OutputIsTerminal ? new LiveReporter(host) : new PlainReporter(host);

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

    private ExitCode Run(RunDirectoryWriter directory)
    {
        directory.WriteConfiguration(ConfigurationWriter.ToYaml(
            run.Configuration.WithoutCluster(plan),
            [$"The resolved configuration of {run.RunDirectory}, written by disttrain {run.Version}.", "Train it again, to the same bits: disttrain train --config config.yaml", .. ClusterHeading()]));
        directory.AppendMetrics(JsonEvents.Started(run));
        reporter.Started(run);
        using var cancellation = new CancellationTokenSource();
        // Until the weights are saved: a request that comes after the last step must not lose them.
        using (host.ListenForInterruption(() => RequestStop(cancellation), RestoreTerminal))
        {
            return TrainAndSave(directory, cancellation.Token);
        }
    }

    private ExitCode TrainAndSave(RunDirectoryWriter directory, CancellationToken cancellation)
    {
        var cluster = plan is Clustered clustered ? Cluster(clustered, directory.Paths) : null;
        Trainer trainer = cluster is null ? host.Trainer(run.Configuration.Runtime) : cluster.Run;
        var result = reporter.During(() => Train(trainer, directory, cancellation));
        directory.WriteModel(ModelOf(result));
        var summary = Summarize(result);
        directory.AppendMetrics(JsonEvents.Finished(run, summary));
        reporter.Finished(summary);
        return Conclude(summary, cluster?.Failure);
    }

    private TrainingResult Train(Trainer trainer, RunDirectoryWriter directory, CancellationToken cancellation)
    {
        try
        {
            return trainer(definition, engine, happening => Tell(directory, happening), cancellation);
        }
        catch (CommandException failure) when (failure.Code == ExitCode.Network && reportsByVersion.Count == 0)
        {
            directory.Discard();
            throw;
        }
    }

    private ClusterTraining Cluster(Clustered clustered, RunPaths paths) =>
        new(clustered, security, run.Configuration, ClusterOffer.Of(run, clustered), paths, host, Notice);

    private IEnumerable<string> ClusterHeading() =>
        plan is Clustered ? [$"It was trained by {RunText.Workers(run.Configuration)}; which processes train is left out here, as the weights do not depend on it."] : [];

    private void RequestStop(CancellationTokenSource cancellation)
    {
        Notice("stopping after the current step to save the weights; ask again to end at once without saving");
        cancellation.Cancel();
    }

    private void Tell(RunDirectoryWriter directory, TrainingEvent happening)
    {
        lock (telling)
        {
            TellNow(directory, happening);
        }
    }

    private void TellNow(RunDirectoryWriter directory, TrainingEvent happening)
    {
        switch (happening)
        {
            case TrainingProgressed progress:
                reporter.Progressed(progress);
                break;
            case EpochEnded { Report: var report }:
                reportsByVersion[report.LastStep] = report;
                directory.AppendMetrics(JsonEvents.Epoch(report));
                reporter.EpochEnded(report);
                Notice(watch.EpochEnded(report));
                break;
            case LayersMeasured step:
                directory.AppendMetrics(DiagnosticEvents.Layers(step, definition.Graph.Layout));
                Notice(watch.Measured(step));
                break;
            case CheckpointTaken taken:
                directory.AppendMetrics(JsonEvents.Checkpoint(taken));
                reporter.CheckpointTaken(taken);
                break;
            case Recovered recovered:
                directory.AppendMetrics(JsonEvents.Recovered(recovered));
                reporter.Recovered(recovered);
                break;
            case Noticed { Sentence: var sentence }:
                reporter.Noticed(sentence);
                break;
        }
    }

    private void Notice(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences)
        {
            reporter.Noticed(sentence);
        }
    }

    /// <summary>From any thread.</summary>
    private void Notice(string sentence)
    {
        lock (telling)
        {
            reporter.Noticed(sentence);
        }
    }

    /// <summary>The progress bar hides the cursor; a process that ends at once must not leave it so.</summary>
    private void RestoreTerminal()
    {
        if (host.OutputIsTerminal)
        {
            host.Output.Write("\u001b[?25h\n");
            host.Output.Flush();
        }
    }

    private TrainedModel ModelOf(TrainingResult result) => new()
    {
        Specification = run.Configuration.Model,
        Graph = run.Graph,
        Loss = definition.Loss,
        Weights = result.Weights,
        WeightsHash = result.WeightsHash,
        ArithmeticId = engine.ArithmeticId,
        Step = result.LastStep,
        Attributes = ImmutableSortedDictionary<string, string>.Empty
            .Add(RunReader.PreprocessingKey, PreprocessingText.Format(run.Data.Preprocessing))
            .Add(RunReader.DataHashKey, run.Data.ContentHash)
            .Add(RunReader.DataNameKey, run.Data.Name)
            .Add(RunReader.VersionKey, run.Version),
    };

    private RunSummary Summarize(TrainingResult result)
    {
        // A run that was stopped within an epoch ends in weights that no epoch's report speaks of.
        reportsByVersion.TryGetValue(result.LastStep, out var report);
        return new RunSummary(
            result.Outcome,
            result.Epochs,
            result.StepsTaken,
            result.Seconds,
            report?.Validation ?? Evaluate(result, definition.Validation),
            result.Test ?? report?.Test ?? Evaluate(result, definition.Test),
            result.RestoredEpoch,
            result.WeightsHash,
            result.Explanation)
        {
            Layers = watch.Last,
            MedianUpdateRatios = watch.MedianUpdateRatios(),
            Activations = watch.Activations,
            Advice = watch.Advice(),
        };
    }

    private EvaluationSummary? Evaluate(TrainingResult result, SampleSet? samples) =>
        samples is null ? null : Inference.Evaluate(engine, run.Graph, definition.Loss, result.Weights, samples, definition.TopK);

    private ExitCode Conclude(RunSummary summary, string? failure)
    {
        switch (summary.Outcome)
        {
            case RunOutcome.NonFinite:
                throw new CommandException(
                    ExitCode.NonFinite, $"the training became non-finite: {(summary.Explanation ?? "no reason given").TrimEnd('.')} (the last finite weights are in {run.RunDirectory})");
            case RunOutcome.ServerLost:
                throw new CommandException(ExitCode.Network, $"{summary.Explanation}; they are in {run.RunDirectory}");
            case RunOutcome.Cancelled when failure is not null:
                throw new CommandException(ExitCode.Network, $"{failure}; the weights after step {summary.Steps} are in {run.RunDirectory}");
            case RunOutcome.Cancelled:
                host.Error.WriteLine(
                    $"disttrain: interrupted after step {summary.Steps}; the weights are in {run.RunDirectory}: use them with 'disttrain evaluate {Shell.Quote(run.RunDirectory)}', "
                    + $"or train from the start with 'disttrain train --config {Shell.Quote(new RunPaths(run.RunDirectory).Configuration)}'.");
                return ExitCode.Interrupted;
            default:
                return ExitCode.Success;
        }
    }
}
