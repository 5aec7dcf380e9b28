using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Learning;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Searches;

namespace DistTrain.Cli.Studies;

/// <summary>Searches hyper-parameters, and leaves the best as a configuration to train with.</summary>
public static class SearchCommand
{
    private const string BestFile = "best.yaml";

    /// <exception cref="CommandException">Something cannot be used.</exception>
    public static ExitCode Run(SearchRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var study = PreparedStudy.Of(request.Configuration, host);
        var plan = Stage.Configuration(() => Plan(request, study));
        var runner = new TrialRunner(configuration => host.Trainer(configuration.Runtime), study.Engine, study.Data, study.Configuration, goal: null, goesOn: true);
        var parallel = study.Parallel(request.Parallel);
        var folder = request.Folder ?? study.DefaultFolder("search");
        var expected = plan.Trials + plan.Confirmations;
        var progress = new StudyProgress(host, request.Json, expected, parallel);
        progress.Say($"search   {study.Title}: {string.Join("  ", plan.Space.Text)}");
        progress.Say($"folder   {folder} (the same command goes on with what is there)");
        progress.Say("");
        var trials = TrialFolder.Use(folder, host, (store, cancellation) => HyperParameterSearch.Run(plan, new TrialPool(runner, store, progress.Tell), parallel, cancellation));
        var best = trials.Best is { } found ? BestYaml(runner.ConfigurationOf(found.Trial.Request with { GivesUpAfterSteps = null }), found, plan) : null;
        var outcome = SearchAnalysis.Of(plan, trials, study.Title, Settings(plan, study), best);
        var report = SearchReport.Of(outcome, StudyFiles.ProvenanceOf(host, study.Data, study.Engine, study.Configuration.Seed, "disttrain search"));
        StudyFiles.Write(folder, report, best is null ? [] : [(BestFile, best)]);
        Write(outcome, report.Findings, report.Refusals, folder, request.Json, host);
        return ExitCode.Success;
    }

    private static SearchPlan Plan(SearchRequest request, PreparedStudy study)
    {
        var hasClasses = !study.Data.ClassNames.IsEmpty;
        var plan = new SearchPlan
        {
            Space = request.Space,
            Method = request.Method,
            Trials = request.Method == SearchMethod.Grid ? (int)Study.Sampling.GridSampler.Count(request.Space, request.GridPoints) : request.Trials,
            GridPoints = request.GridPoints,
            Objective = request.Objective ?? (hasClasses ? GoalMetric.ValidationError : GoalMetric.ValidationLoss),
            Epochs = study.Configuration.Epochs,
            LeastEpochs = request.LeastEpochs,
            ReductionFactor = request.ReductionFactor,
            Confirmations = request.Confirmations,
            TrainingSamples = study.Data.Train.Count,
            BatchSize = study.Configuration.BatchSize,
            Seed = study.Configuration.Seed,
        };
        plan.Check();

        // An unknown setting is found out before anything is trained.
        foreach (var (dimension, value) in plan.Space.Dimensions.Zip(plan.Space.Values(new Study.Sampling.UnitPoint([.. plan.Space.Dimensions.Select(_ => 0.5)]))))
        {
            _ = TrialSettings.Apply(study.Configuration, dimension.Name, value.Text);
        }

        return plan.Objective == GoalMetric.ValidationError && !hasClasses
            ? throw new InvalidInputException("the objective is an error rate, but the data has no classes: search for the lowest loss (--objective loss)")
            : plan;
    }

    private static string BestYaml(TrainConfiguration configuration, SearchedConfiguration best, SearchPlan plan) => ConfigurationWriter.ToYaml(
        configuration with { MaxSteps = null, TakesCheckpoints = TrainConfiguration.Default.TakesCheckpoints },
        string.Create(CultureInfo.InvariantCulture, $"The best of a search: trial {best.Index}, {(plan.Objective == GoalMetric.ValidationError ? "validation error" : "validation loss")} {best.Score:G4}."),
        $"Train it with: disttrain train --config {BestFile}");

    private static ImmutableArray<(string Name, string Value)> Settings(SearchPlan plan, PreparedStudy study)
    {
        var c = study.Configuration;
        return
        [
            ("data", study.DataText),
            ("model", study.ModelName),
            ("optimizer", OptimizerText.Of(c)),
            ("learning rate", ConfigurationWriter.ToText(c.LearningRate)),
            ("schedule", ScheduleText.Rate(c)),
            ("batch size", ConfigurationWriter.ToText(c.BatchSize)),
            ("epochs", ConfigurationWriter.ToText(c.Epochs)),
            ("searched", string.Join(", ", plan.Space.Text)),
            ("trials", ConfigurationWriter.ToText(plan.Trials)),
            ("seed", ConfigurationWriter.ToText(c.Seed)),
        ];
    }

    private static void Write(SearchOutcome outcome, IEnumerable<string> findings, IEnumerable<string> refusals, string folder, bool json, Host host)
    {
        var best = outcome.Trials.FirstOrDefault(trial => trial.Index == outcome.BestIndex);
        if (json)
        {
            host.Output.WriteLine(JsonSerializer.Serialize(new
            {
                @event = "finished",
                folder,
                bestTrial = best?.Index,
                objective = best?.Objective,
                best = best is null ? null : outcome.Parameters.Zip(best.Values).ToDictionary(pair => pair.First.Name, pair => pair.Second),
                findings,
                refusals,
            }));
            return;
        }

        BatchSizeText.WriteSentences("What was found", findings, host.Output);
        BatchSizeText.WriteSentences("What is not concluded", refusals, host.Output);
        host.Output.WriteLine();
        if (best is not null)
        {
            host.Output.WriteLine($"best     {string.Join("  ", outcome.Parameters.Zip(best.Values, (parameter, value) => $"{parameter.Name} {value}"))}");
            host.Output.WriteLine($"train    disttrain train --config {Shell.Quote(Path.Combine(folder, BestFile))}");
        }

        host.Output.WriteLine($"report   {Path.Combine(folder, StudyFiles.Report)}");
    }
}
