using System.Text.Json;
using DistTrain.Cli.Tests.Support;
using DistTrain.Runtime;

namespace DistTrain.Cli.Tests.Commands;

public sealed class DiagnosticsTests : IDisposable
{
    private readonly Sandbox sandbox = new() { Trainer = InProcessTraining.Run };

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void Every_run_tells_of_its_layers()
    {
        var outcome = sandbox.Train("--epochs", "2", "--batch-size", "256");
        Assert.Equal("", outcome.Error);
        Assert.Contains("What the layers did (norms at step 12, ratios over the run, activations at the last evaluation)", outcome.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^  dense1.weight +gradient [0-9.e-]+, weights [0-9.]+, median update ratio [0-9.e-]+$", outcome.Output);
        Assert.Matches("(?m)^  relu1 +[0-9.]+ % of its units dead$", outcome.Output);

        var steps = File.ReadLines(sandbox.At("run/metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.GetProperty("event").GetString() == "layers").ToArray();
        Assert.Equal(Enumerable.Range(1, 12), steps.Select(step => step.GetProperty("step").GetInt32()));
        var first = steps[0].GetProperty("tensors").EnumerateArray().ToArray();
        Assert.Equal(["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"], first.Select(tensor => tensor.GetProperty("name").GetString()));
        Assert.True(first[0].GetProperty("gradientNorm").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, first[1].GetProperty("updateRatio").ValueKind);
    }

    [Fact]
    public void The_noise_scale_is_told_once_an_epoch_and_at_the_end()
    {
        var lines = sandbox.Train("--epochs", "3", "--batch-size", "64", "--noise-interval", "4", "--json").JsonLines;
        var epochs = lines.Where(line => line.GetProperty("event").GetString() == "epoch").ToArray();
        // 23 steps an epoch.
        Assert.Equal([5, 11, 17], epochs.Select(epoch => epoch.GetProperty("noiseSteps").GetInt32()));
        foreach (var line in epochs.Append(lines[^1]))
        {
            var (norm, variance) = (line.GetProperty("gradientSquaredNorm").GetDouble(), line.GetProperty("gradientVariance").GetDouble());
            Assert.Equal(variance / norm, line.GetProperty("noiseScale").GetDouble());
            Assert.InRange(variance / norm, 5, 5000);
            Assert.Equal(JsonValueKind.Null, line.GetProperty("noiseScaleUndetermined").ValueKind);
        }

        Assert.Equal(epochs[^1].GetProperty("noiseScale").GetDouble(), lines[^1].GetProperty("noiseScale").GetDouble());
        Assert.Contains(epochs[1].GetRawText(), File.ReadAllText(sandbox.At("run/metrics.jsonl")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(?m)^  noise scale +about [0-9,]+ samples, a simple estimate of the critical batch size$", "--noise-interval", "2")]
    [InlineData("(?m)^  noise scale +undetermined: none of the 6 steps was measured, as noise-interval is 32$", "--noise-interval", "32")]
    [InlineData("(?m)^  noise scale +undetermined: no step with two or more micro-batches has been measured$", "--noise-interval", "1", "--micro-batches", "1")]
    public void The_result_says_what_the_noise_scale_is_or_why_there_is_none(string expected, params string[] flags) =>
        Assert.Matches(expected, sandbox.Train(["--epochs", "1", "--batch-size", "256", .. flags]).Output);

    [Fact]
    public void A_run_that_is_not_to_measure_noise_says_nothing_of_it()
    {
        var outcome = sandbox.Train("--epochs", "1", "--noise-scale", "no", "--noise-interval", "1", "--json");
        Assert.DoesNotContain(outcome.JsonLines.Where(line => line.GetProperty("event").GetString() != "started"), line => line.GetRawText().Contains("oise", StringComparison.Ordinal));
        Assert.DoesNotContain("noise scale", sandbox.Run("train", "--epochs", "1", "--noise-scale", "no", "--run", sandbox.At("other")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_that_is_too_high_shows_as_explosion_by_layer_and_step_and_as_dead_units()
    {
        var outcome = sandbox.Run("train", "--model", "mlp:48,24", "--epochs", "1", "--learning-rate", "4", "--schedule", "constant", "--run", sandbox.At("run"));
        Assert.Matches("(?m)^disttrain: step [0-9]+: the gradient of dense[123].(weight|bias) explodes: its norm is ", outcome.Error);
        Assert.Matches("(?m)^disttrain: epoch [0-9]+: [0-9.]+ % of relu1's units gave 0 ", outcome.Error);
        Assert.Equal(1, outcome.Error.Split("explodes").Length - 1);
    }

    [Fact]
    public void A_rate_is_found_shown_and_written_into_the_resolved_configuration()
    {
        var outcome = sandbox.Train("--learning-rate", "find", "--epochs", "1");
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        Assert.StartsWith("Learning-rate range test: ", outcome.Output, StringComparison.Ordinal);
        var chosen = outcome.OutputLines.Single(line => line.StartsWith("chosen: ", StringComparison.Ordinal)).Split(' ', ',')[1];
        Assert.InRange(double.Parse(chosen), 1e-4, 1);
        Assert.Contains($"learning-rate: {chosen}\n", File.ReadAllText(sandbox.At("run/config.yaml")), StringComparison.Ordinal);
        Assert.Contains("\"event\":\"rateRange\",\"suggestion\":", File.ReadAllText(sandbox.At("run/metrics.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_that_is_found_is_not_scaled_once_more() =>
        Assert.Contains(
            "leave out --scaling-rule",
            sandbox.Train("--learning-rate", "find", "--scaling-rule", "linear").AssertRefused(ExitCode.WrongUsage),
            StringComparison.Ordinal);
}
