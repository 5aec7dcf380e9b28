using System.Text.Json;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;
using DistTrain.Runtime;

namespace DistTrain.Cli.Tests.Commands;

public sealed class TrainCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void A_training_ends_with_accuracy_hash_and_the_next_commands()
    {
        var outcome = sandbox.Train("--epochs", "12", "--learning-rate", "0.05");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Equal("", outcome.Error);
        Assert.DoesNotContain('\u001b', outcome.Output);
        var accuracy = double.Parse(outcome.OutputLines.Single(line => line.StartsWith("  test accuracy", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);
        Assert.InRange(accuracy, 90, 100);
        Assert.Equal(12, outcome.OutputLines.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal)));
        Assert.Contains("1,438 of 1,438 samples, 0 duplicated, 0 lost  weights ", outcome.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^  weights +[0-9a-f]{64}$", outcome.Output);
        Assert.Contains($"  disttrain evaluate {sandbox.At("run")}\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_one_object_a_line_with_the_promised_fields()
    {
        var outcome = sandbox.Train("--json");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Equal("", outcome.Error);
        var lines = outcome.JsonLines;
        Assert.Equal(["started", "epoch", "epoch", "finished"], lines.Select(line => line.GetProperty("event").GetString()));
        AssertHas(lines[0], "configuration", "dataHash", "parameterCount", "kernelPath", "arithmeticId");
        AssertHas(
            lines[1], "epoch", "steps", "samples", "duplicated", "lost", "recomputed", "trainLoss", "trainAccuracy", "testLoss", "testAccuracy", "learningRate", "samplesPerSecond", "weightsHash", "workers");
        AssertHas(lines[3], "epochs", "steps", "seconds", "testAccuracy", "weightsHash", "run");

        Assert.Equal(ConfigurationKeys.All.Select(key => key.JsonName), lines[0].GetProperty("configuration").EnumerateObject().Select(property => property.Name));
        Assert.Equal(0.05, lines[0].GetProperty("configuration").GetProperty("learningRate").GetDouble());
        Assert.Equal((64 * 16) + 16 + (16 * 10) + 10, lines[0].GetProperty("parameterCount").GetInt32());
        Assert.Equal("reference", lines[0].GetProperty("kernelPath").GetString());
        Assert.Equal(1438, lines[1].GetProperty("samples").GetInt32());
        var workers = lines[1].GetProperty("workers").EnumerateArray().ToArray();
        Assert.Equal("worker-1", workers[0].GetProperty("worker").GetString());
        Assert.Equal(1, workers[0].GetProperty("firstStep").GetInt64());
        Assert.Equal(JsonValueKind.Null, workers[1].GetProperty("lastStep").ValueKind);
        Assert.Equal(lines[2].GetProperty("weightsHash").GetString(), lines[3].GetProperty("weightsHash").GetString());
        Assert.Equal(sandbox.At("run"), lines[3].GetProperty("run").GetString());
    }

    [Fact]
    public void The_run_directory_holds_the_same_lines_and_gives_the_same_bits_again()
    {
        var first = sandbox.Train("--json", "--seed", "7", "--optimizer", "adam");
        Assert.Equal(["config.yaml", "metrics.jsonl", "model.safetensors", "report.html"], Directory.GetFiles(sandbox.At("run")).Select(Path.GetFileName).Order());
        Assert.Equal(first.Output, File.ReadAllText(sandbox.At("run/metrics.jsonl")));

        var again = sandbox.Run("train", "--config", sandbox.At("run/config.yaml"), "--run", sandbox.At("again"), "--json");
        Assert.Equal(ExitCode.Success, again.ExitCode);
        Assert.Equal(first.JsonLines[^1].GetProperty("weightsHash").GetString(), again.JsonLines[^1].GetProperty("weightsHash").GetString());
        Assert.Equal(
            ConfigurationFile.Read(sandbox.At("run/config.yaml"), TrainConfiguration.Default), ConfigurationFile.Read(sandbox.At("again/config.yaml"), TrainConfiguration.Default));
    }

    [Fact]
    public void The_stored_configuration_leaves_nothing_that_the_program_decides_to_auto()
    {
        sandbox.Train();
        var stored = ConfigurationFile.Read(sandbox.At("run/config.yaml"), TrainConfiguration.Default);
        Assert.Equal((0.05, "cross-entropy", "unit", 0.2), (stored.LearningRate, stored.Loss, stored.Scaling, stored.TestRatio));
    }

    [Fact]
    public void Flags_win_over_the_file()
    {
        var file = sandbox.Write("my.yaml", "epochs: 1\nbatch-size: 100\nseed: 5\n");
        var started = sandbox.Run("train", "--config", file, "--batch-size", "50", "--run", sandbox.At("run"), "--json").JsonLines[0].GetProperty("configuration");
        Assert.Equal(1, started.GetProperty("epochs").GetInt32());
        Assert.Equal(50, started.GetProperty("batchSize").GetInt32());
        Assert.Equal(5, started.GetProperty("seed").GetInt32());
    }

    [Fact]
    public void Without_epochs_the_initial_weights_are_saved()
    {
        var outcome = sandbox.Train("--epochs", "0", "--json");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Equal(0, outcome.JsonLines[^1].GetProperty("steps").GetInt32());
        Assert.InRange(outcome.JsonLines[^1].GetProperty("testAccuracy").GetDouble(), 0, 0.5);
        Assert.True(File.Exists(sandbox.At("run/model.safetensors")));
    }

    [Fact]
    public void A_batch_larger_than_the_data_is_full_batch_gradient_descent()
    {
        var outcome = sandbox.Train("--batch-size", "100000", "--json");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.Equal(1, outcome.JsonLines[1].GetProperty("steps").GetInt32());
    }

    [Fact]
    public void Numbers_that_are_no_longer_finite_end_the_run_with_a_code_of_their_own_and_keep_the_last_finite_weights()
    {
        var outcome = sandbox.Train("--learning-rate", "1e30", "--json");
        Assert.Equal(ExitCode.NonFinite, outcome.ExitCode);
        var sentence = outcome.AssertOneSentence();
        Assert.Contains("step ", sentence, StringComparison.Ordinal);
        Assert.Contains("dense1", sentence, StringComparison.Ordinal);
        Assert.Equal("non-finite", outcome.JsonLines[^1].GetProperty("outcome").GetString());
        Assert.Equal(ExitCode.Success, sandbox.Run("inspect", sandbox.At("run")).ExitCode);
    }

    [Fact]
    public void An_interruption_saves_the_weights_and_says_how_to_go_on()
    {
        Action interrupt = () => { };
        sandbox.Interruption = (first, _) =>
        {
            interrupt = first;
            return new StringWriter();
        };
        sandbox.Trainer = (definition, engine, listener, cancellation, _) => SequentialTrainer.Run(
            definition,
            engine,
            happening =>
            {
                listener(happening);
                if (happening is TrainingProgressed { Step: 60 })
                {
                    interrupt();
                }
            },
            cancellation);
        var outcome = sandbox.Train();
        Assert.Equal(130, outcome.Code);
        Assert.Contains("interrupted after step 60; the weights are in ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"disttrain train --config {sandbox.At("run/config.yaml")}", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("Stopped on request after 60 steps", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("  test accuracy ", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, sandbox.Run("evaluate", sandbox.At("run")).ExitCode);
    }

    [Fact]
    public void A_notice_goes_to_standard_error_and_never_between_the_json_lines()
    {
        sandbox.Trainer = (definition, engine, listener, cancellation, _) =>
        {
            listener(new Noticed("worker-9 stays idle"));
            return SequentialTrainer.Run(definition, engine, listener, cancellation);
        };
        var outcome = sandbox.Train("--json");
        Assert.Equal("disttrain: worker-9 stays idle\n", outcome.Error);
        Assert.Equal(4, outcome.JsonLines.Length);
    }

    [Fact]
    public void A_fault_of_the_program_is_one_sentence_and_a_stack_trace_only_on_demand()
    {
        sandbox.Trainer = (_, _, _, _, _) => throw new InvalidOperationException("broken\ninside");
        var outcome = sandbox.Train("--json");
        Assert.Equal(ExitCode.InternalError, outcome.ExitCode);
        Assert.Contains("a fault of disttrain itself", Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        sandbox.Environment[Application.DebugVariable] = "1";
        Assert.Contains("   at ", sandbox.Run("train", "--run", sandbox.At("other"), "--json").Error, StringComparison.Ordinal);
    }

    private static void AssertHas(JsonElement line, params string[] names) =>
        Assert.All(names, name => Assert.True(line.TryGetProperty(name, out _), $"the line has no '{name}'"));
}
