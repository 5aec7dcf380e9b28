using System.Diagnostics;
using System.Text.RegularExpressions;
using DistTrain.Cli.Tests.Support;
using DistTrain.Runtime;
using DistTrain.Study.Reports.Studies;

namespace DistTrain.Cli.Tests.Commands;

public sealed partial class StudyCommandTests : IDisposable
{
    private static readonly string[] Small = ["--data", "synthetic:gaussian-teacher?samples=400&features=6&classes=3&hidden=8", "--model", "mlp:8", "--goal", "validation error < 0.3"];
    private static readonly string[] Study = ["study", "batch-size", .. Small, "--batch-sizes", "16,64,full", "--trials", "8", "--confirm", "3", "--max-steps", "120", "--rates", "0.003,3"];

    private readonly Sandbox sandbox = new()
    {
        Trainer = (definition, engine, listener, cancellation, recovery) => InProcessTraining.Run(definition, engine, listener, cancellation, recovery),
    };

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void A_study_leaves_its_files_and_a_report_and_says_what_it_found()
    {
        var outcome = sandbox.Run([.. Study, "--out", sandbox.At("study")]);
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Contains("What was found", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("What is not concluded", outcome.Output, StringComparison.Ordinal);
        Assert.All(["study.json", "trials.csv", "measurements.csv", "noise.csv", "summary.csv", "report.html"], name => Assert.True(File.Exists(Path.Combine(sandbox.At("study"), name)), name));
        var study = StudyJson.Read(File.ReadAllText(Path.Combine(sandbox.At("study"), "study.json")), "study.json");
        Assert.Equal<int>([16, 64, 256], study.BatchSizes);
        Assert.Equal(study.Trials.Length, File.ReadAllLines(Path.Combine(sandbox.At("study"), "trials.csv")).Length - 1);

        // The test part is seen by trials at their ends only; the validation part has a share of its own.
        Assert.Equal(256, study.TrainingSamples);
        Assert.All(study.Trials, trial => Assert.True(trial.Curve.IsEmpty || trial.TestError is not null || trial.DivergedStep is not null));
        Assert.Contains(study.Trials, trial => trial.Noise.Length > 0);
    }

    [Fact]
    public void The_same_command_runs_nothing_again()
    {
        var first = sandbox.Run([.. Study, "--out", sandbox.At("study"), "--json"]).JsonLines;
        var trials = File.ReadAllText(Path.Combine(sandbox.At("study"), "trials.csv"));
        var second = sandbox.Run([.. Study, "--out", sandbox.At("study"), "--json"]).JsonLines;
        Assert.Contains(first, line => line.GetProperty("event").GetString() == "trial" && !line.GetProperty("wasKnown").GetBoolean());
        Assert.All(second.Where(line => line.GetProperty("event").GetString() == "trial"), line => Assert.True(line.GetProperty("wasKnown").GetBoolean()));
        Assert.Equal("finished", second[^1].GetProperty("event").GetString());
        Assert.Equal(trials, File.ReadAllText(Path.Combine(sandbox.At("study"), "trials.csv")));
    }

    /// <summary>Each trial is a training that anybody can do again, with the configuration that stands in its report.</summary>
    [Fact]
    public void A_trial_is_the_training_of_its_configuration()
    {
        Assert.Equal(ExitCode.Success, sandbox.Run([.. Study, "--out", sandbox.At("study")]).ExitCode);
        var study = StudyJson.Read(File.ReadAllText(Path.Combine(sandbox.At("study"), "study.json")), "study.json");
        var trial = study.Trials.Last(trial => trial.StepsToGoal is not null);
        var trained = sandbox.Run(
            "train", "--data", Small[1], "--model", Small[3], "--schedule", "constant", "--validation-ratio", "0.2", "--split-seed", "1", "--seed", $"{trial.Request.Seed}", "--batch-size", $"{trial.Request.BatchSize}",
            "--learning-rate", trial.Request.Settings["learning-rate"], "--evaluate-steps", "1", "--evaluate-growth", "0.02", "--stop-goal", Small[5], "--workers", "1", "--epochs", "200", "--run", sandbox.At("run"), "--json", "--checkpoints", "no");
        Assert.Equal(trial.WeightsHash, trained.JsonLines[^1].GetProperty("weightsHash").GetString());
        Assert.Equal(trial.StepsToGoal, trained.JsonLines[^1].GetProperty("steps").GetInt64());
    }

    [Fact]
    public async Task A_study_whose_process_is_killed_gives_the_same_trials()
    {
        Assert.Equal(ExitCode.Success, sandbox.Run([.. Study, "--engine", "reference", "--out", sandbox.At("undisturbed")]).ExitCode);
        string[] command = [.. Study, "--engine", "reference", "--out", sandbox.At("killed"), "--json"];
        for (var lines = 3; lines < 30; lines += 9)
        {
            using var killed = Start(command);
            for (var i = 0; i < lines && await killed.StandardOutput.ReadLineAsync() is not null; i++)
            {
            }

            killed.Kill();
            await killed.WaitForExitAsync();
        }

        using var last = Start(command);
        var said = await last.StandardOutput.ReadToEndAsync();
        await last.WaitForExitAsync();
        Assert.True(last.ExitCode == 0, said);
        Assert.Equal(WithoutSeconds("undisturbed"), WithoutSeconds("killed"));
    }

    [Fact]
    public void A_dry_run_says_what_it_would_cost_and_leaves_nothing()
    {
        var outcome = sandbox.Run([.. Study, "--out", sandbox.At("study"), "--dry-run"]);
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.StartsWith("33 trials: 24 to tune, 9 to confirm", outcome.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(sandbox.At("study")));
        var json = Assert.Single(sandbox.Run([.. Study, "--dry-run", "--json"]).JsonLines);
        Assert.Equal(24, json.GetProperty("tuningTrials").GetInt32());
    }

    [Theory]
    [InlineData("--goal", "accuracy > 0.9")]
    [InlineData("--batch-sizes", "16,1000")]
    [InlineData("--batch-sizes", "small")]
    [InlineData("--rates", "1,0.1")]
    [InlineData("--rates", "0.1")]
    [InlineData("--search", "best")]
    [InlineData("--trials", "0")]
    [InlineData("--give-up", "0.5")]
    [InlineData("--validation-ratio", "0")]
    public void What_is_not_possible_is_refused_in_a_sentence(string flag, string value)
    {
        sandbox.Run(["study", "batch-size", .. Small.Where((_, i) => i < 4 || flag != "--goal"), flag, value]).AssertRefused(ExitCode.WrongUsage);
    }

    [Fact]
    public void A_goal_of_error_needs_classes() => Assert.Contains(
        "the data has no classes",
        sandbox.Run("study", "batch-size", "--data", "synthetic:gaussian-teacher?samples=100&features=3&outputs=1", "--model", "mlp:4", "--goal", "validation error < 0.3").AssertRefused(ExitCode.WrongUsage),
        StringComparison.Ordinal);

    [Fact]
    public void A_search_leaves_the_best_as_a_configuration_that_trains()
    {
        var outcome = sandbox.Run(
            "search", "--data", Small[1], "--model", "mlp:8", "--set", "learning-rate=log(1e-3,1)", "--set", "optimizer=sgd,adam", "--set", "model.dense1.units=int(4..16)", "--trials", "10", "--epochs", "3", "--out", sandbox.At("search"));
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Contains("best     learning-rate ", outcome.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(sandbox.At("search"), "report.html")));
        Assert.Equal(ExitCode.Success, sandbox.Run("train", "--config", Path.Combine(sandbox.At("search"), "best.yaml"), "--run", sandbox.At("run")).ExitCode);
    }

    [Theory]
    [InlineData("learning-rat=log(1e-3,1)", "did you mean 'learning-rate'?")]
    [InlineData("learning-rate=log(0,1)", "starts above 0")]
    [InlineData("model.dropout=0.1..0.5", "is in no layer of the model")]
    [InlineData("optimizer=sgd,adm", "must be one of")]
    public void A_search_of_what_does_not_exist_is_refused_in_a_sentence(string set, string reason) =>
        Assert.Contains(reason, sandbox.Run("search", "--data", Small[1], "--model", "mlp:8", "--set", set).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Fact]
    public void Scaling_is_measured_for_each_number_of_workers()
    {
        var lines = sandbox.Run(
            "study", "scaling", "--data", Small[1], "--model", "mlp:8", "--batch-size", "64", "--workers", "1,2", "--repeats", "2", "--epochs", "4", "--goal", Small[5], "--calibration-seconds", "0", "--out", sandbox.At("scaling"), "--json").JsonLines;
        var series = lines[^1].GetProperty("series");
        Assert.Equal(2, series.GetArrayLength());
        Assert.All(series.EnumerateArray(), kind => Assert.Equal([1, 2], kind.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("workers").GetInt32())));
        Assert.All(series.EnumerateArray().SelectMany(kind => kind.GetProperty("points").EnumerateArray()), point => Assert.True(point.GetProperty("samplesPerSecond").GetDouble() > 0));
        Assert.True(File.Exists(Path.Combine(sandbox.At("scaling"), "report.html")));
    }

    private static Process Start(string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "disttrain.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Seconds are never the same twice; all else is.</summary>
    private string WithoutSeconds(string folder) => Seconds().Replace(File.ReadAllText(Path.Combine(sandbox.At(folder), "study.json")), "");

    [GeneratedRegex("\"(trainSeconds|evaluationSeconds)\":[^,}]*|\"secondsToGoal\":\\{[^}]*\\}|\"findings\":\\[[^\\]]*\\]|\"placement\":\"[^\"]*\"")]
    private static partial Regex Seconds();
}
