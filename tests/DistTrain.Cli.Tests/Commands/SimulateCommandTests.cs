using DistTrain.Cli.Tests.Support;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Tests.Commands;

public sealed class SimulateCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void One_number_of_workers_is_led_up_to_and_several_are_taken_as_they_are()
    {
        Assert.Equal([1, 2, 4, 6], Workers("--workers", "6"));
        Assert.Equal([3, 5], Workers("--workers", "3,5"));
        Assert.Equal([1], Workers("--workers", "1"));
    }

    [Fact]
    public void A_line_of_json_stands_for_each_prediction()
    {
        var lines = sandbox.Run("simulate", "--workers", "1,64", "--shards", "1,4", "--model", "mlp:64", "--batch-size", "512", "--bandwidth", "1Gbit", "--latency", "100us", "--json").JsonLines;
        Assert.Equal(5, lines.Length);
        Assert.Equal("question", lines[0].GetProperty("event").GetString());
        Assert.Equal(1.25e8, lines[0].GetProperty("bytesPerSecond").GetDouble());
        Assert.Equal(1e-4, lines[0].GetProperty("latencySeconds").GetDouble(), 1e-12);
        Assert.Equal(512, lines[0].GetProperty("batchSize").GetInt32());
        Assert.Equal([(1, 1), (64, 1), (1, 4), (64, 4)], lines[1..].Select(line => (line.GetProperty("workers").GetInt32(), line.GetProperty("shards").GetInt32())));
        Assert.All(lines[1..], line =>
        {
            var step = line.GetProperty("stepSeconds").GetDouble();
            Assert.Equal(512 / step, line.GetProperty("samplesPerSecond").GetDouble(), 1e-6);
            Assert.Equal(step, line.GetProperty("secondsOfStep").EnumerateObject().Sum(part => part.Value.GetDouble()), 1e-8);
        });
        Assert.Equal(32, lines[2].GetProperty("idleWorkers").GetInt32());
        Assert.Single(lines[2].GetProperty("warnings").EnumerateArray());
    }

    [Fact]
    public void The_table_says_what_was_asked_what_limits_and_what_is_wrong()
    {
        var output = sandbox.Run("simulate", "--workers", "128", "--micro-batches", "64", "--batch-size", "4096", "--model", "cnn").Output;
        Assert.Contains("batches of 4,096 samples in 64 micro-batches", output, StringComparison.Ordinal);
        Assert.Contains("costs of the reference machine", output, StringComparison.Ordinal);
        Assert.Contains("From 1 worker on, the limit is computing the gradients", output, StringComparison.Ordinal);
        Assert.Contains("workers share the coordinator's link", output, StringComparison.Ordinal);
        Assert.Contains("Warning: the 64 micro-batches of a step keep 64 of 128 workers busy", output, StringComparison.Ordinal);
        Assert.DoesNotContain(output.Split('\n'), line => line.EndsWith(' '));
    }

    [Fact]
    public void A_plot_needs_nothing_else()
    {
        var outcome = sandbox.Run("simulate", "--workers", "4", "--shards", "1,2", "--model", "mlp:16", "--plot", sandbox.At("plot.html"));
        Assert.Equal(ExitCode.Success, outcome.ExitCode);
        var page = File.ReadAllText(sandbox.At("plot.html"));
        Assert.Equal(4, page.Split("<figure").Length - 1);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page.Replace("href=\"data:text/csv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.Contains("perfect scaling", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_calibration_is_used()
    {
        var reference = ReferenceMachine.Calibration;
        var slower = reference with { Models = [.. reference.Models.Select(model => model with { GradientSeconds = 0, GradientSecondsPerSample = 1, UpdateSecondsPerElement = 0 })], GatherSecondsPerByte = 0, MessageSeconds = 0, WakeSeconds = 0 };
        sandbox.Write("slow.json", slower.Write());
        var lines = sandbox.Run("simulate", "--workers", "1", "--batch-size", "32", "--on", "threads", "--calibration", sandbox.At("slow.json"), "--json").JsonLines;
        Assert.Equal(32, lines[1].GetProperty("stepSeconds").GetDouble(), 1e-3);
    }

    [Theory]
    [InlineData("--shards 2", "--workers")]
    [InlineData("", "--workers 64")]
    [InlineData("--workers 0", "--workers")]
    [InlineData("--workers 4,2", "rising")]
    [InlineData("--workers 70000,80000", "65536")]
    [InlineData("--workers 2 --batch-size many", "--batch-size")]
    [InlineData("--workers 2 --batch-size 2000000000", "too large")]
    [InlineData("--workers 2 --bandwidth 10", "10Gbit")]
    [InlineData("--workers 2 --bandwidth -1Gbit", "-1Gbit")]
    [InlineData("--workers 2 --bandwidth 0Gbit", "0Gbit")]
    [InlineData("--workers 2 --latency 5", "50us")]
    [InlineData("--workers 2 --latency 9999s", "9999s")]
    [InlineData("--workers 2 --model transformer", "unknown model")]
    [InlineData("--workers 2 --stragglers some", "slow:COUNT:FACTOR")]
    [InlineData("--workers 2 --placement moon", "central, workers or servers")]
    [InlineData("--workers 2 --on mars", "network, processes or threads")]
    [InlineData("--workers 2 --on threads --bandwidth 1Gbit", "--bandwidth")]
    [InlineData("--workers 2 --on threads --placement workers", "--placement")]
    [InlineData("--workers 2 --calibration /nowhere/at/all.json", "cannot be read")]
    [InlineData("--workers 2 --plot /nowhere/at/all.html", "no folder")]
    [InlineData("--workers 2 --steps 0", "--steps")]
    public void What_cannot_be_predicted_is_refused_in_a_sentence(string arguments, string expected) => Assert.Contains(
        expected, sandbox.Run(["simulate", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_no_calibration_is_refused()
    {
        sandbox.Write("other.json", """{"epochs": 3}""");
        Assert.Contains("bench --calibrate", sandbox.Run("simulate", "--workers", "2", "--calibration", sandbox.At("other.json")).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }

    [Fact]
    public void Bench_measures_what_simulate_reads()
    {
        var file = sandbox.At("here.json");
        Assert.Equal(ExitCode.Success, sandbox.Run("bench", "--calibrate", file, "--model", "mlp:8", "--seconds", "0.001").ExitCode);
        var measured = Calibration.Read(File.ReadAllText(file), file);
        Assert.Equal("mlp:8", Assert.Single(measured.Models).Model);
        var line = sandbox.Run("simulate", "--workers", "2", "--model", "mlp:8", "--calibration", file, "--on", "processes", "--placement", "workers", "--json").JsonLines[0];
        Assert.Equal("mlp:8", line.GetProperty("measuredModel").GetString());
        Assert.Equal(measured.LocalBytesPerSecond, line.GetProperty("bytesPerSecond").GetDouble());
    }

    [Theory]
    [InlineData("--calibrate /nowhere/at/all.json", "no folder")]
    [InlineData("--calibrate here.json --model nothing", "unknown model")]
    public void A_calibration_that_cannot_be_made_is_refused(string arguments, string expected) =>
        Assert.Contains(expected, sandbox.Run(["bench", .. arguments.Split(' ')]).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    private IEnumerable<int> Workers(params string[] arguments) =>
        sandbox.Run(["simulate", "--model", "mlp:8", .. arguments, "--json"]).JsonLines.Skip(1).Select(line => line.GetProperty("workers").GetInt32());
}
