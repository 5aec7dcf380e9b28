using System.Diagnostics;
using System.Text.Json;

namespace DistTrain.Cli.Tests;

/// <summary>The real program as a process of its own: what only a process shows.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-process-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "disttrain.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        return Process.Start(start)!;
    }

    private (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Patience), "the program has not ended");
        return (process.ExitCode, output, error.Result);
    }

    [Fact]
    public void Trainings_through_the_real_parts_give_the_same_bits_whatever_the_workers_the_runtime_and_the_engine()
    {
        string[] variants = ["--workers 2", "--workers 3", "--workers 5 --runtime deterministic", "--engine reference"];
        var hashes = variants.Select(variant =>
        {
            var (code, output, _) = Run(["train", "--epochs", "3", "--json", .. variant.Split(' ')]);
            Assert.Equal(0, code);
            var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
            var epochs = lines.Where(line => line.GetProperty("event").GetString() == "epoch").ToArray();
            Assert.Equal(3, epochs.Length);
            Assert.All(epochs, line => Assert.Equal((1438, 0, 0), (
                line.GetProperty("samples").GetInt32(), line.GetProperty("duplicated").GetInt32(), line.GetProperty("lost").GetInt32())));
            return lines[^1].GetProperty("weightsHash").GetString();
        });
        Assert.Single(hashes.Distinct());

        // Without --run each run gets a folder of its own, though both began within a second or two.
        Assert.Equal(variants.Length, Directory.GetDirectories(Path.Combine(folder, "runs")).Length);
    }

    [Fact]
    public void The_version_ends_in_the_revision_of_the_source() => Assert.Matches(@"^disttrain \d+\.\d+\.\d+(\+[0-9a-f]{40})?\s*$", Run("--version").Output);

    [Fact]
    public void Wrong_usage_is_one_sentence_on_standard_error()
    {
        var (code, output, error) = Run("train", "--batch-size", "0");
        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Equal("disttrain: --batch-size must be at least 1, but is 0.", error.TrimEnd());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_stops_after_the_current_step_and_saves(string signal)
    {
        using var process = Start("train", "--epochs", "1000000", "--run", "run", "--json");
        var error = process.StandardError.ReadToEndAsync();
        Assert.Contains("started", (await process.StandardOutput.ReadLineAsync())!, StringComparison.Ordinal);
        Assert.Contains("epoch", (await process.StandardOutput.ReadLineAsync())!, StringComparison.Ordinal);
        using (var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        var last = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal((int)ExitCode.Interrupted, process.ExitCode);
        Assert.Equal("interrupted", JsonDocument.Parse(last).RootElement.GetProperty("outcome").GetString());
        Assert.Contains("disttrain evaluate run", await error, StringComparison.Ordinal);
        Assert.Equal(0, Run("evaluate", "run").Code);
    }
}
