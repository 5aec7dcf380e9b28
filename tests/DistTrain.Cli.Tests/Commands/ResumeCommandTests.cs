using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;
using DistTrain.Runtime;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Tests.Commands;

public sealed class ResumeCommandTests : IDisposable
{
    private const string ElsewhereLock = "process 4711 on another-machine since 2026-01-31T12:00:00Z\n";
    private readonly Sandbox sandbox = new() { Trainer = InProcessTraining.Run };

    public void Dispose() => sandbox.Dispose();

    private RunPaths Paths => new(sandbox.At("run"));

    private Outcome Resume(params string[] more) => sandbox.Run(["resume", sandbox.At("run"), .. more]);

    /// <summary>A run that was stopped after some of its epochs.</summary>
    private void TrainAndStop(int afterEpoch, int epochs = 12, params string[] more)
    {
        Action stop = () => { };
        sandbox.Interruption = (first, _) =>
        {
            stop = first;
            return new StringWriter();
        };
        sandbox.Trainer = (definition, engine, listener, cancellation, recovery) => InProcessTraining.Run(
            definition,
            engine,
            happening =>
            {
                listener(happening);
                if (happening is EpochEnded { Report.Epoch: var epoch } && epoch == afterEpoch)
                {
                    stop();
                }
            },
            cancellation,
            recovery);
        Assert.Equal(ExitCode.Interrupted, sandbox.Train(["--epochs", epochs.ToString(System.Globalization.CultureInfo.InvariantCulture), .. more]).ExitCode);
        sandbox.Interruption = (_, _) => new StringWriter();
        sandbox.Trainer = InProcessTraining.Run;
    }

    [Theory]
    [InlineData("--workers", "3")]
    [InlineData("--shards", "2")]
    public void A_run_that_was_stopped_goes_on_to_the_weights_of_one_that_was_not(string flag, string value)
    {
        var undisturbed = sandbox.Run("train", "--epochs", "12", "--model", "mlp:16", "--run", sandbox.At("whole"), "--json").JsonLines[^1];
        TrainAndStop(afterEpoch: 4);

        var outcome = Resume(flag, value, "--json");

        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Equal(undisturbed.GetProperty("weightsHash").GetString(), outcome.JsonLines[^1].GetProperty("weightsHash").GetString());
        Assert.Contains("it goes on from the checkpoint after step", outcome.Error, StringComparison.Ordinal);
        Assert.Matches(@"resumes .*run: [4-9] epochs were announced before", outcome.Error);
        var epochs = File.ReadLines(Paths.Metrics).Where(line => line.StartsWith("{\"event\":\"epoch\"", StringComparison.Ordinal)).ToArray();
        Assert.Equal(Enumerable.Range(1, 12), epochs.Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("epoch").GetInt32()));
        Assert.False(File.Exists(Paths.Lock));
    }

    [Fact]
    public void The_message_of_a_stopped_run_says_how_to_go_on()
    {
        sandbox.Interruption = (first, _) =>
        {
            first();
            return new StringWriter();
        };
        Assert.Contains($"go on with 'disttrain resume {sandbox.At("run")}'", sandbox.Train().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_crash_took_from_the_metrics_is_written_again_from_the_journal_and_once()
    {
        TrainAndStop(afterEpoch: 4);
        var lines = File.ReadAllLines(Paths.Metrics);
        var third = Array.FindIndex(lines, line => line.StartsWith("{\"event\":\"epoch\",\"epoch\":3,", StringComparison.Ordinal));
        File.WriteAllText(Paths.Metrics, string.Join('\n', lines[..third]) + "\n" + lines[third][..40]);

        Assert.Equal(ExitCode.Success, Resume().ExitCode);

        var after = File.ReadAllLines(Paths.Metrics);
        Assert.Equal(lines[..third], after[..third]);
        Assert.Equal(lines[third], after[third]);
        Assert.Equal(Enumerable.Range(1, 12), after.Where(line => line.StartsWith("{\"event\":\"epoch\"", StringComparison.Ordinal)).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("epoch").GetInt32()));
    }

    [Fact]
    public void A_run_that_has_ended_is_left_as_it_is()
    {
        Assert.Equal(ExitCode.Success, sandbox.Train().ExitCode);
        var model = File.ReadAllBytes(Paths.Model);
        var outcome = Resume();
        Assert.Equal((ExitCode.Success, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("has ended after step 90; there is nothing left to do", outcome.AssertOneSentence(), StringComparison.Ordinal);
        Assert.Equal(model, File.ReadAllBytes(Paths.Model));
    }

    [Fact]
    public void A_run_whose_process_died_before_it_saved_the_model_saves_it()
    {
        Assert.Equal(ExitCode.Success, sandbox.Train().ExitCode);
        var model = ModelFile.Read(Paths.Model);
        File.Delete(Paths.Model);
        Assert.Equal(ExitCode.Success, Resume().ExitCode);
        Assert.Equal(model.WeightsHash, ModelFile.Read(Paths.Model).WeightsHash);
    }

    [Theory]
    [InlineData("--epochs", "13")]
    [InlineData("--batch", "16")]
    [InlineData("--data", "mnist:elsewhere")]
    [InlineData("--engine", "reference")]
    [InlineData("--validation-ratio", "0.1")]
    public void Nothing_that_could_show_in_the_weights_may_change(string flag, string value)
    {
        TrainAndStop(afterEpoch: 2);
        Assert.Contains($"{flag} cannot be changed any more", Resume(flag, value).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_that_may_change_is_a_flag_and_no_other()
    {
        var help = sandbox.Run("resume", "--help").Output;
        Assert.All(ConfigurationKeys.All, key => Assert.Equal(key.MayChangeOnResume, help.Contains($"  {key.Flag} ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Data_that_has_changed_is_refused()
    {
        var csv = sandbox.Write("three.csv", "1,2,a\n2,1,b\n1,3,a\n3,1,b\n1,4,a\n4,1,b\n");
        TrainAndStop(afterEpoch: 2, epochs: 1_000_000, "--data", $"csv:{csv}");
        sandbox.Write("three.csv", "1,2,a\n2,1,b\n1,3,a\n3,1,b\n1,4,a\n9,1,b\n");
        Assert.Contains("has changed since the run began", Resume().AssertRefused(ExitCode.BadData), StringComparison.Ordinal);
        Assert.Equal(["term-00000001"], Directory.GetFiles(Paths.Journal).Select(Path.GetFileName));
    }

    [Fact]
    public void A_run_without_checkpoints_can_only_be_begun_anew()
    {
        Assert.Equal(ExitCode.Success, sandbox.Train("--checkpoints", "no").ExitCode);
        Assert.False(Directory.Exists(Paths.Journal));
        Assert.Contains("has no journal, as its run took no checkpoints", Resume().AssertRefused(ExitCode.RunDirectory), StringComparison.Ordinal);
        Assert.Contains("there is no run directory nowhere", sandbox.Run("resume", "nowhere").AssertRefused(ExitCode.RunDirectory), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_another_machine_may_hold_is_taken_over_only_by_force()
    {
        TrainAndStop(afterEpoch: 2);
        File.WriteAllText(Paths.Lock, ElsewhereLock);
        Assert.Contains("is in use by process 4711 on another-machine, or was when that died", Resume().AssertRefused(ExitCode.RunDirectory), StringComparison.Ordinal);
        Assert.Equal(ElsewhereLock, File.ReadAllText(Paths.Lock));

        Assert.Equal(ExitCode.Success, Resume("--force").ExitCode);
    }

    [Fact]
    public void A_run_that_is_taken_over_meanwhile_is_left_to_the_other()
    {
        TrainAndStop(afterEpoch: 2);
        sandbox.Trainer = (definition, engine, listener, cancellation, recovery) =>
        {
            File.WriteAllText(Path.Combine(Paths.Journal, "term-00000009"), "");
            File.WriteAllText(Paths.Lock, ElsewhereLock);
            return InProcessTraining.Run(definition, engine, listener, cancellation, recovery);
        };
        var metrics = File.ReadAllLines(Paths.Metrics).Length;
        var model = File.ReadAllBytes(Paths.Model);

        var outcome = Resume("--json");

        Assert.Equal(ExitCode.Superseded, outcome.ExitCode);
        Assert.Contains("another coordinator has taken the run over (term 9; this one's is 2), so this one ends", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(ElsewhereLock, File.ReadAllText(Paths.Lock));
        Assert.Equal(model, File.ReadAllBytes(Paths.Model));
        Assert.Equal(metrics + 1, File.ReadAllLines(Paths.Metrics).Length);
    }
}
