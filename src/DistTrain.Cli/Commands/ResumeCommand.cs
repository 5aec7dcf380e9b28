using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Learning;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Commands;

/// <param name="RunDirectory">Of the run that is to go on.</param>
/// <param name="Change">Lays flags over the run's configuration.</param>
/// <param name="IsForced">Whether a process that holds the run and cannot be seen from here is taken to be gone.</param>
public sealed record ResumeRequest(string RunDirectory, Func<TrainConfiguration, TrainConfiguration> Change, bool Json, bool IsForced);

/// <summary>Goes on with a run whose process is gone, from its newest checkpoint; the weights are those of a run that nothing has happened to.</summary>
public static class ResumeCommand
{
    /// <exception cref="CommandException">The run cannot be gone on with; one sentence says why.</exception>
    public static ExitCode Run(ResumeRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var paths = Locate(request.RunDirectory);
        var stored = Stage.ReadingRun(() => ConfigurationFile.Read(paths.Configuration, TrainConfiguration.Default));
        var training = PreparedTraining.Of(request.Change(stored), host);
        if (!training.TakesCheckpoints && training.Configuration.TakesCheckpoints)
        {
            throw new CommandException(ExitCode.WrongUsage, $"a run goes on from checkpoints, which the runtime {training.Configuration.Runtime} does not take: leave out --runtime");
        }

        if (!training.TakesCheckpoints)
        {
            throw new CommandException(ExitCode.WrongUsage, "a run goes on from checkpoints, and goes on taking them: leave out --checkpoints no");
        }

        using var directory = RunDirectoryWriter.Open(paths.Directory, request.IsForced);
        var metrics = MetricsPast.Of(directory.ReadMetrics());
        RequireSameData(training, metrics, paths);
        var run = training.In(paths, host);
        var recovery = RecoveryFiles.Open(training, run);
        var past = recovery.Journal.Past;
        if (Ended(past, paths) is { } ending)
        {
            return Refuse(ending, paths, host);
        }

        foreach (var report in past.Epochs.Values.Where(metrics.IsNew))
        {
            directory.AppendMetrics(JsonEvents.Epoch(report));
        }

        directory.AppendMetrics(JsonEvents.Resumed(recovery.Journal.Term.Value, past.Epochs.Count));
        var reporter = TrainCommand.Reporter(request.Json, host);
        reporter.Started(run);
        reporter.Noticed($"resumes {paths.Directory}: {(past.Epochs.Count == 1 ? "1 epoch was" : $"{past.Epochs.Count:N0} epochs were")} announced before");
        return new TrainingSession(host, reporter, training, run, directory, recovery, metrics).Run();
    }

    private static RunPaths Locate(string directory)
    {
        var paths = new RunPaths(directory);
        var reason = (Directory.Exists(directory), File.Exists(paths.Configuration), Directory.Exists(paths.Journal)) switch
        {
            (false, _, _) => $"there is no run directory {directory}",
            (_, false, _) => $"{directory} has no config.yaml: it is no run directory",
            (_, _, false) => $"{directory} has no journal, as its run took no checkpoints, so there is nothing to go on from: train it again with 'disttrain train --config {Shell.Quote(paths.Configuration)}'",
            _ => null,
        };
        return reason is null ? paths : throw new CommandException(ExitCode.RunDirectory, reason);
    }

    /// <summary>Other data would make another run under the same name.</summary>
    private static void RequireSameData(PreparedTraining training, MetricsPast metrics, RunPaths paths)
    {
        if (metrics.DataHash is not { } hash)
        {
            throw new CommandException(ExitCode.RunDirectory, $"{paths.Metrics} does not say what data the run began with, so nobody can tell whether it is still the same");
        }

        if (hash != training.Data.ContentHash)
        {
            throw new CommandException(ExitCode.BadData, $"{training.Configuration.Data} has changed since the run began: its content is {training.Data.ContentHash}, but was {hash}");
        }
    }

    /// <summary>A run that was stopped, or that has lost its shards, goes on; so does one that has ended, but died before its model was saved.</summary>
    private static RunEndRecorded? Ended(JournalPast past, RunPaths paths) => past.Ending switch
    {
        { Outcome: RunOutcome.Completed or RunOutcome.StoppedEarly or RunOutcome.NonFinite } ending when IsSaved(ending, paths) => ending,
        _ => null,
    };

    private static bool IsSaved(RunEndRecorded ending, RunPaths paths)
    {
        try
        {
            return File.Exists(paths.Model) && ModelFile.Read(paths.Model).WeightsHash == ending.WeightsHash;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    private static ExitCode Refuse(RunEndRecorded ending, RunPaths paths, Host host)
    {
        if (ending.Outcome == RunOutcome.NonFinite)
        {
            throw new CommandException(ExitCode.NonFinite, $"the run in {paths.Directory} became non-finite after step {ending.LastStep}, and would again");
        }

        host.Error.WriteLine($"disttrain: the run in {paths.Directory} has ended after step {ending.LastStep}; there is nothing left to do.");
        return ExitCode.Success;
    }
}
