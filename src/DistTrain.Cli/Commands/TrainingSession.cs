using DistTrain.Actors;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Output;
using DistTrain.Learning;
using DistTrain.Runtime;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Study.Reports.Runs;

namespace DistTrain.Cli.Commands;

/// <summary>A training from its first step, or the one at which it goes on, to its end: what is told, what is written down, and the exit code.</summary>
internal sealed class TrainingSession
{
    private readonly Host host;
    private readonly TrainReporter reporter;
    private readonly PreparedTraining training;
    private readonly TrainingDefinition definition;
    private readonly RunDescription run;
    private readonly RunDirectoryWriter directory;
    private readonly RunRecovery? recovery;
    private readonly MetricsPast metrics;
    private readonly bool isNew;
    private readonly Dictionary<long, EpochReport> reportsByVersion = [];
    private readonly TrainingWatch watch;
    private readonly object telling = new();

    /// <param name="host">The world around.</param>
    /// <param name="reporter">Tells the user.</param>
    /// <param name="training">What is trained, and where.</param>
    /// <param name="run">The same, for people.</param>
    /// <param name="directory">The run's; its configuration is written.</param>
    /// <param name="recovery">Null for a run that takes no checkpoints.</param>
    /// <param name="metrics">What the metrics say already.</param>
    public TrainingSession(
        Host host, TrainReporter reporter, PreparedTraining training, RunDescription run, RunDirectoryWriter directory, RunRecovery? recovery, MetricsPast metrics)
    {
        this.host = host;
        this.reporter = reporter;
        this.training = training;
        this.run = run;
        this.directory = directory;
        this.recovery = recovery;
        this.metrics = metrics;
        definition = training.Definition;
        watch = new TrainingWatch(definition.Graph);
        var earlier = recovery?.Journal.Past.Epochs.Values ?? [];
        isNew = recovery is null || recovery.Journal.Term == new Term(1);
        foreach (var report in earlier)
        {
            reportsByVersion[report.LastStep] = report;
            _ = watch.EpochEnded(report);
        }
    }

    public ExitCode Run()
    {
        using var cancellation = new CancellationTokenSource();
        // Until the weights are saved: a request that comes after the last step must not lose them.
        using (host.ListenForInterruption(() => RequestStop(cancellation), RestoreTerminal))
        {
            return TrainAndSave(cancellation.Token);
        }
    }

    private ExitCode TrainAndSave(CancellationToken cancellation)
    {
        var cluster = training.Plan is Clustered clustered ? Cluster(clustered, directory.Paths) : null;
        Trainer trainer = cluster is null ? host.Trainer(run.Configuration.Runtime) : (what, engine, listener, stop, _) => cluster.Run(what, engine, listener, stop);
        var result = reporter.During(() => Train(trainer, cancellation));
        directory.WriteModel(training.ModelOf(run, result.Weights, result.WeightsHash, result.LastStep));
        var summary = Summarize(result);
        directory.AppendMetrics(JsonEvents.Finished(run, summary));
        directory.WriteReport(RunReportPage.Html(directory.ReadMetrics(), run.RunDirectory, ConfusionsOf(result)));
        reporter.Finished(summary);
        return Conclude(summary, cluster?.Failure);
    }

    private TrainingResult Train(Trainer trainer, CancellationToken cancellation)
    {
        try
        {
            return trainer(definition, training.Engine, Tell, cancellation, recovery);
        }
        catch (CommandException failure) when (failure.Code == ExitCode.Network && isNew && reportsByVersion.Count == 0)
        {
            directory.Discard();
            throw;
        }
    }

    private ClusterTraining Cluster(Clustered clustered, RunPaths paths) =>
        new(clustered, training.Security, run.Configuration, ClusterOffer.Of(run, clustered), paths, recovery, host, Notice);

    private void RequestStop(CancellationTokenSource cancellation)
    {
        Notice($"stopping after the current step to save {(recovery is null ? "" : "a checkpoint and ")}the weights; ask again to end at once without saving");
        cancellation.Cancel();
    }

    private void Tell(TrainingEvent happening)
    {
        lock (telling)
        {
            TellNow(happening);
        }
    }

    private void TellNow(TrainingEvent happening)
    {
        switch (happening)
        {
            case TrainingProgressed progress:
                reporter.Progressed(progress);
                break;
            case EpochEnded { Report: var report }:
                reportsByVersion[report.LastStep] = report;
                if (metrics.IsNew(report))
                {
                    directory.AppendMetrics(JsonEvents.Epoch(report));
                }

                reporter.EpochEnded(report);
                Notice(watch.EpochEnded(report));
                break;
            case WeightsEvaluated evaluated when metrics.IsNew(evaluated):
                directory.AppendMetrics(JsonEvents.Evaluated(evaluated));
                reporter.WeightsEvaluated(evaluated);
                break;
            case LayersMeasured step:
                // A step that is made again gives the same norms again.
                if (metrics.IsNew(step))
                {
                    directory.AppendMetrics(DiagnosticEvents.Layers(step, definition.Graph.Layout));
                    Notice(watch.Measured(step));
                }

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
            Noise = watch.Noise,
            Advice = watch.Advice(),
        };
    }

    private EvaluationSummary? Evaluate(TrainingResult result, SampleSet? samples) =>
        samples is null ? null : Inference.Evaluate(training.Engine, run.Graph, definition.Loss, result.Weights, samples, definition.TopK);

    /// <summary>Over the test part; null where there are no classes, or so many that nobody could read them, or somebody waits for the end.</summary>
    private Confusions? ConfusionsOf(TrainingResult result) => result.Outcome is RunOutcome.Completed or RunOutcome.StoppedEarly && run.Data.ClassNames.Length is > 0 and <= RunReportPage.MostClasses && definition.Test is { } test
        ? RunReportPage.Confusions(Inference.Confusion(training.Engine, run.Graph, definition.Loss, result.Weights, test), run.Data.ClassNames)
        : null;

    private ExitCode Conclude(RunSummary summary, string? failure)
    {
        switch (summary.Outcome)
        {
            case RunOutcome.NonFinite:
                throw new CommandException(
                    ExitCode.NonFinite, $"the training became non-finite: {(summary.Explanation ?? "no reason given").TrimEnd('.')} (the last finite weights are in {run.RunDirectory})");
            case RunOutcome.Contradicted:
                throw new CommandException(ExitCode.Contradicted, $"{(summary.Explanation ?? "an epoch that was made again ended in other weights").TrimEnd('.')} (the weights of the second time are in {run.RunDirectory})");
            case RunOutcome.ServerLost:
                throw new CommandException(ExitCode.Network, $"{summary.Explanation}; they are in {run.RunDirectory}{HowToResume("; ")}");
            case RunOutcome.Cancelled when failure is not null:
                throw new CommandException(ExitCode.Network, $"{failure}; the weights after step {summary.Steps} are in {run.RunDirectory}{HowToResume("; ")}");
            case RunOutcome.Cancelled:
                host.Error.WriteLine(
                    $"disttrain: interrupted after step {summary.Steps}; the weights are in {run.RunDirectory}: {HowToResume("")}{(recovery is null ? "" : ", or ")}"
                    + $"use them with 'disttrain evaluate {Shell.Quote(run.RunDirectory)}', or train from the start with 'disttrain train --config {Shell.Quote(directory.Paths.Configuration)}'.");
                return ExitCode.Interrupted;
            default:
                return ExitCode.Success;
        }
    }

    private string HowToResume(string before) => recovery is null ? "" : $"{before}go on with 'disttrain resume {Shell.Quote(run.RunDirectory)}'";
}
