using System.Text.Json;
using DistTrain.Cli.Tests.Support;
using DistTrain.Runtime;
using DistTrain.Simulation;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>Validation parts, early stopping, growing batches and all metrics, from the flags to what people and machines read.</summary>
public sealed class DecidedTrainingTests : IDisposable
{
    private readonly Sandbox sandbox = new() { Trainer = InProcessTraining.Run };

    public void Dispose() => sandbox.Dispose();

    private static readonly string[] Deciding =
    [
        "--epochs", "30", "--validation-ratio", "0.2", "--stop-metric", "validation-accuracy", "--stop-patience", "2", "--batch-schedule", "plateau", "--plateau-metric", "validation-accuracy",
        "--plateau-patience", "0", "--scaling-rule", "linear", "--base-batch-size", "16", "--warmup-steps", "10",
    ];

    [Fact]
    public void A_run_that_stops_early_says_why_saves_its_best_epoch_and_tests_that_once()
    {
        var outcome = sandbox.Train([.. Deciding, "--json"]);
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        var lines = outcome.JsonLines;
        var epochs = lines.Where(line => line.GetProperty("event").GetString() == "epoch").ToArray();
        var finished = lines[^1];
        Assert.Equal("stopped-early", finished.GetProperty("outcome").GetString());
        Assert.Equal((1150, 288, 359), (Number(lines[0], "trainSamples"), Number(lines[0], "validationSamples"), Number(lines[0], "testSamples")));
        Assert.All(epochs, epoch => Assert.Equal(JsonValueKind.Null, epoch.GetProperty("testLoss").ValueKind));
        Assert.All(epochs, epoch => Assert.InRange(epoch.GetProperty("validationF1").GetDouble(), 0, 1));
        var best = epochs.MaxBy(epoch => epoch.GetProperty("validationAccuracy").GetDouble());
        Assert.Equal(Number(best, "epoch"), Number(finished, "restoredEpoch"));
        Assert.Equal(best.GetProperty("weightsHash").GetString(), finished.GetProperty("weightsHash").GetString());
        Assert.Equal(best.GetProperty("validationLoss").GetDouble(), finished.GetProperty("validationLoss").GetDouble());
        Assert.True(Number(epochs[^1], "steps") < Number(epochs[0], "steps"), "the batch never grew");
        Assert.Contains("the learning rate is 0.05 x 2 = 0.1 by linear scaling", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(": training stops", outcome.Error, StringComparison.Ordinal);

        // What is saved is what was tested.
        foreach (var (part, name) in new[] { ("test", "test"), ("validation", "validation") })
        {
            var evaluation = Assert.Single(sandbox.Run("evaluate", sandbox.At("run"), "--split", part, "--json").JsonLines);
            Assert.Equal(finished.GetProperty(name + "Loss").GetDouble(), evaluation.GetProperty("loss").GetDouble());
            Assert.Equal(finished.GetProperty(name + "MicroF1").GetDouble(), evaluation.GetProperty("microF1").GetDouble());
            Assert.Equal(10, evaluation.GetProperty("classes").GetArrayLength());
        }

        Assert.Equal(1150, Number(Assert.Single(sandbox.Run("evaluate", sandbox.At("run"), "--split", "train", "--json").JsonLines), "samples"));
    }

    [Fact]
    public void The_deterministic_runtime_decides_the_same()
    {
        var first = sandbox.Train([.. Deciding, "--json"]).JsonLines[^1];
        using var other = new Sandbox { Trainer = (definition, engine, listener, cancellation, _) => DeterministicTraining.Run(definition, engine, listener, cancellation) };
        var second = other.Train([.. Deciding, "--json", "--workers", "3", "--threads-per-worker", "2", "--memory", "1MiB"]).JsonLines[^1];
        foreach (var name in new[] { "outcome", "restoredEpoch", "steps", "weightsHash", "testLoss", "testTopK", "testPrecision", "validationLoss" })
        {
            Assert.Equal(first.GetProperty(name).ToString(), second.GetProperty(name).ToString());
        }
    }

    [Fact]
    public void People_read_the_same()
    {
        var outcome = sandbox.Train(Deciding);
        Assert.Contains("1,150 training, 288 validation and 359 test samples", outcome.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^epoch  1/30  loss .*  validation +[0-9.]+ %", outcome.Output);
        Assert.Matches("(?m)^Stopped early after [0-9]+ epochs, [0-9]+ steps, in ", outcome.Output);
        Assert.Matches("(?m)^  weights of +epoch [0-9]+, the best by validation-accuracy$", outcome.Output);
        Assert.Matches("(?m)^  validation accuracy ", outcome.Output);
        Assert.Matches("(?m)^  test accuracy ", outcome.Output);
        Assert.Contains("up to 30, until validation-accuracy has not improved for 2", outcome.Output, StringComparison.Ordinal);
        var evaluation = sandbox.Run("evaluate", sandbox.At("run"));
        Assert.Matches("(?m)^macro average: precision [0-9.]+ %, recall [0-9.]+ %, F1 [0-9.]+ %$", evaluation.Output);
        Assert.Matches("(?m)^  class  samples  precision +recall +F1$", evaluation.Output);
    }

    [Fact]
    public void Values_have_their_own_metrics()
    {
        var table = sandbox.Write("line.csv", "x,y\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"{i},{i / 100.0 + 5}\n")));
        var finished = sandbox.Run(
            "train", "--data", $"csv:{table}", "--task", "regression", "--model", "logistic", "--optimizer", "adam", "--learning-rate", "0.1", "--epochs", "200", "--validation-ratio", "0.1",
            "--stop-metric", "validation-rmse", "--schedule", "plateau", "--plateau-metric", "train-loss", "--plateau-patience", "5", "--run", sandbox.At("run"), "--json").JsonLines[^1];
        Assert.Equal(Math.Sqrt(finished.GetProperty("testMse").GetDouble()), finished.GetProperty("testRmse").GetDouble(), 1e-9);
        Assert.InRange(finished.GetProperty("testR2").GetDouble(), 0.9, 1);
        Assert.Matches("(?m)^MSE [0-9.e-]+, RMSE [0-9.e-]+, MAE [0-9.e-]+, R2 0?.?[0-9]+", sandbox.Run("evaluate", sandbox.At("run")).Output);
    }

    [Fact]
    public void A_part_that_is_not_there_is_said_to_be_missing()
    {
        sandbox.Train("--epochs", "1");
        Assert.Contains("kept no samples for validation", sandbox.Run("evaluate", sandbox.At("run"), "--split", "validation").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        Assert.Contains("--split must be train, validation or test", sandbox.Run("evaluate", sandbox.At("run"), "--split", "dev").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        Assert.Contains(
            "give either --split or --data", sandbox.Run("evaluate", sandbox.At("run"), "--split", "test", "--data", "digits").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }

    private static int Number(JsonElement line, string name) => line.GetProperty(name).GetInt32();
}
