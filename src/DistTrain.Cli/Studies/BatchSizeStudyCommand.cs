using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Output;
using DistTrain.Learning;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Studies;

namespace DistTrain.Cli.Studies;

/// <summary>Studies how the batch size affects training: tunes, confirms, fits, and writes down what was found.</summary>
public static class BatchSizeStudyCommand
{
    /// <exception cref="CommandException">Something cannot be used.</exception>
    public static ExitCode Run(BatchSizeRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var study = PreparedStudy.Of(request.Configuration, host);
        var plan = Stage.Configuration(() => Plan(request, study));
        var runner = new TrialRunner(configuration => host.Trainer(configuration.Runtime), study.Engine, study.Data, study.Configuration, plan.Goal, plan.GoesOnAfterGoal);
        _ = Stage.Configuration(() => Check(plan, runner, study));
        var parallel = study.Parallel(request.Parallel);
        if (request.IsDryRun)
        {
            StudyCost.Write(plan, runner, parallel, request.Json, host);
            return ExitCode.Success;
        }

        var folder = request.Folder ?? study.DefaultFolder("batch-size");
        var result = Study(plan, study, runner, parallel, folder, request.Json, host);
        StudyFiles.Write(
            folder, StudyReport.Of(result, StudyFiles.ProvenanceOf(host, study.Data, study.Engine, study.Configuration.Seed, "disttrain study batch-size")), StudyTables.Files(result));
        BatchSizeText.Write(result, folder, request.Json, host);
        return ExitCode.Success;
    }

    private static StudyPlan Plan(BatchSizeRequest request, PreparedStudy study)
    {
        var plan = new StudyPlan
        {
            BatchSizes = StudyPlan.ParseBatchSizes(request.BatchSizes, study.Data.Train.Count),
            Goal = request.Goal,
            TrainingSamples = study.Data.Train.Count,
            Trials = request.Trials,
            Confirmations = request.Confirmations,
            MaximumSteps = request.MaximumSteps,
            MaximumSamples = request.MaximumSamples,
            MinimumSteps = request.MinimumSteps,
            Rates = request.Rates,
            Sampler = request.Sampler,
            Seed = study.Configuration.Seed,
            MostWidenings = request.MostWidenings,
            Wave = request.Wave,
            GiveUpFactor = request.GiveUpFactor,
            GoesOnAfterGoal = request.GoesOnAfterGoal,
        };
        plan.Check();
        return plan.Goal.Metric == GoalMetric.ValidationError && study.Data.ClassNames.IsEmpty
            ? throw new InvalidInputException("the goal is an error rate, but the data has no classes: set a goal for the loss, such as 'validation loss < 0.1'")
            : plan;
    }

    /// <summary>Before hours are spent: one trial of each batch size must be possible.</summary>
    private static bool Check(StudyPlan plan, TrialRunner runner, PreparedStudy study)
    {
        foreach (var size in plan.BatchSizes)
        {
            _ = Definition.Create(runner.ConfigurationOf(BatchSizeStudy.FirstRound(plan, size).First()), study.Data, study.Engine);
        }

        return true;
    }

    private static StudyResult Study(StudyPlan plan, PreparedStudy study, TrialRunner runner, int parallel, string folder, bool json, Host host)
    {
        var progress = new StudyProgress(host, json, plan.BatchSizes.Length * (plan.Trials + plan.Confirmations), parallel);
        progress.Say($"study    {study.Title}: {plan.BatchSizes.Length} batch sizes from {plan.BatchSizes[0]} to {plan.BatchSizes[^1]}, {plan.Trials} tuning and {plan.Confirmations} confirmation trials each");
        progress.Say($"goal     {plan.Goal}");
        progress.Say($"folder   {folder} (the same command goes on with what is there)");
        progress.Say("");
        var batches = TrialFolder.Use(folder, host, (store, cancellation) => BatchSizeStudy.Run(plan, new TrialPool(runner, store, progress.Tell), parallel, progress.Say, cancellation));
        return StudyAnalysis.Of(plan, batches, study.Title, Settings(plan, study), study.Placement);
    }

    private static ImmutableArray<(string Name, string Value)> Settings(StudyPlan plan, PreparedStudy study)
    {
        var c = study.Configuration;
        return
        [
            ("data", study.DataText),
            ("samples", string.Create(CultureInfo.InvariantCulture, $"{study.Data.Train.Count:N0} training, {study.Data.Validation!.Count:N0} validation, {study.Data.Test.Count:N0} test")),
            ("model", study.ModelName),
            ("loss", c.Loss!),
            ("optimizer", OptimizerText.Of(c)),
            ("schedule", ScheduleText.Rate(c)),
            ("learning rates", string.Create(CultureInfo.InvariantCulture, $"log-uniform from {plan.Rates.Lower:G3} to {plan.Rates.Upper:G3}, {(plan.Sampler == TuningSampler.Sobol ? "Sobol" : "random")}, widened at most {plan.MostWidenings} times")),
            ("trials", $"{plan.Trials} to tune, {plan.Confirmations} to confirm, for each batch size"),
            ("budget", string.Create(CultureInfo.InvariantCulture, $"{plan.MaximumSteps:N0} steps{(plan.MaximumSamples is { } samples ? $" and {samples:N0} samples, but at least {plan.MinimumSteps:N0} steps" : "")}")),
            ("given up", plan.GoesOnAfterGoal || plan.GiveUpFactor == 0 ? "never" : string.Create(CultureInfo.InvariantCulture, $"tuning trials after {plan.GiveUpFactor} times the steps of the best of earlier ones")),
            ("evaluated", string.Create(CultureInfo.InvariantCulture, $"every step at first, later every {c.EvaluateGrowth * 100:G3} % of the step, and at epoch ends")),
            ("noise scale", c.MeasuresNoise ? $"every {c.NoiseIntervalSteps} steps; a measured step takes about a fifth longer" : "not measured"),
            ("seed", c.Seed.ToString(CultureInfo.InvariantCulture)),
            ("arithmetic", study.Engine.ArithmeticId.Value),
        ];
    }
}
