using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Scalings;
using DistTrain.Study.Statistics;

namespace DistTrain.Cli.Studies;

/// <summary>Measures throughput and the time to a goal against the number of workers, beside what the simulator predicts.</summary>
public static class ScalingStudyCommand
{
    /// <exception cref="CommandException">Something cannot be used.</exception>
    public static ExitCode Run(ScalingRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var study = PreparedStudy.Of(request.Configuration, host);
        var plan = Stage.Configuration(() => Plan(request, study));
        var folder = request.Folder ?? study.DefaultFolder("scaling");
        var progress = new StudyProgress(host, request.Json, plan.Kinds.Length * plan.Workers.Length * plan.Repeats, parallel: 1);
        progress.Say($"study    {study.Title}: {string.Join(", ", plan.Workers)} workers ({(request.UsesProcesses ? "processes" : "threads")}), {plan.Repeats} trainings each");
        progress.Say($"folder   {folder} (the same command goes on with what is there)");
        progress.Say("");
        var prediction = ScalingPrediction.Of(request, study, host);
        var trainers = new StudyTrainers(study, folder, host);
        var runner = new TrialRunner(trainers.Of, study.Engine, study.Data, study.Configuration, plan.Goal, goesOn: true);
        var trials = TrialFolder.Use(folder, host, (store, cancellation) => ScalingStudy.Run(plan, new TrialPool(runner, store, progress.Tell), cancellation));
        var outcome = ScalingStudy.Outcome(
            plan,
            trials,
            study.Title,
            $"{(request.UsesProcesses ? "processes" : "threads")} on one machine, {Environment.ProcessorCount} cores, engine {study.Configuration.Engine} ({study.Engine.KernelPath})",
            Settings(plan, study),
            (kind, workers) => prediction.SamplesPerSecond(plan, kind, workers),
            prediction.WhyNot);
        var report = ScalingReport.Of(outcome, StudyFiles.ProvenanceOf(host, study.Data, study.Engine, study.Configuration.Seed, "disttrain study scaling"));
        StudyFiles.Write(folder, report);
        Write(outcome, report.Findings, report.Refusals, folder, request.Json, host);
        return ExitCode.Success;
    }

    private static ScalingPlan Plan(ScalingRequest request, PreparedStudy study)
    {
        var plan = new ScalingPlan
        {
            Workers = request.Workers,
            Kinds = request.Kinds,
            BatchSize = study.Configuration.BatchSize,
            WorkersKey = request.UsesProcesses ? "processes" : "workers",
            Goal = request.Goal,
            Repeats = request.Repeats,
            Epochs = study.Configuration.Epochs,
            TrainingSamples = study.Data.Train.Count,
            Seed = study.Configuration.Seed,
        };
        plan.Check();
        return plan;
    }

    private static ImmutableArray<(string Name, string Value)> Settings(ScalingPlan plan, PreparedStudy study)
    {
        var c = study.Configuration;
        return
        [
            ("data", study.DataText),
            ("model", study.ModelName),
            ("optimizer", OptimizerText.Of(c)),
            ("learning rate", ConfigurationWriter.ToText(c.LearningRate)),
            ("schedule", ScheduleText.Rate(c)),
            ("batch size", string.Create(CultureInfo.InvariantCulture, $"{plan.BatchSize} in all, or of each worker")),
            ("epochs", ConfigurationWriter.ToText(plan.Epochs)),
            ("trainings", ConfigurationWriter.ToText(plan.Repeats)),
            ("seed", ConfigurationWriter.ToText(c.Seed)),
        ];
    }

    private static void Write(ScalingOutcome outcome, IEnumerable<string> findings, IEnumerable<string> refusals, string folder, bool json, Host host)
    {
        if (json)
        {
            host.Output.WriteLine(JsonSerializer.Serialize(new
            {
                @event = "finished",
                folder,
                series = outcome.Series.Select(series => new
                {
                    kind = KindText(series.Kind),
                    points = series.Points.Select(point => new
                    {
                        workers = point.Workers,
                        batchSize = point.BatchSize,
                        samplesPerSecond = point.SamplesPerSecond.Median,
                        predictedSamplesPerSecond = point.PredictedSamplesPerSecond,
                        secondsToGoal = point.SecondsToGoal?.Median,
                        predictedSecondsToGoal = point.PredictedSecondsToGoal,
                    }),
                }),
                findings,
                refusals,
            }));
            return;
        }

        foreach (var series in outcome.Series)
        {
            host.Output.WriteLine();
            host.Output.WriteLine(KindText(series.Kind));
            var rows = series.Points.Select(point => (IReadOnlyList<string>)
            [
                RunText.Whole(point.Workers),
                RunText.Whole(point.BatchSize),
                Text(point.SamplesPerSecond),
                point.PredictedSamplesPerSecond is { } predicted ? RunText.Whole(predicted) : "-",
                series.Efficiency(point, each => each.SamplesPerSecond.Median) is { } efficiency ? RunText.Percent(efficiency) : "-",
                point.SecondsToGoal is { } seconds ? Text(seconds) : "-",
            ]);
            foreach (var line in TextTable.Lines(["workers", "batch", "samples/s", "predicted", "efficiency", "seconds to goal"], [.. rows], leftColumns: 0))
            {
                host.Output.WriteLine($"  {line}");
            }
        }

        BatchSizeText.WriteSentences("What was found", findings, host.Output);
        BatchSizeText.WriteSentences("What is not concluded", refusals, host.Output);
        host.Output.WriteLine();
        host.Output.WriteLine($"report   {Path.Combine(folder, StudyFiles.Report)}");
    }

    private static string KindText(ScalingKind kind) => kind == ScalingKind.FixedGlobalBatch ? "the same batch, shared by the workers" : "the same batch for each worker";

    private static string Text(Measured measured) => measured is { Median: { } median, Lower: { } lower, Upper: { } upper } ? IntervalText.Of(median, lower, upper) : measured.Median is { } only ? IntervalText.Of(only) : "-";
}
