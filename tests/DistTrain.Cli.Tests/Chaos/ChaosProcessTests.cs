using System.Diagnostics;
using System.Text.Json;

namespace DistTrain.Cli.Tests.Chaos;

/// <summary>A short chaos run of real processes.</summary>
public sealed class ChaosProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task A_cluster_whose_processes_die_in_every_phase_ends_in_the_bits_of_an_undisturbed_run()
    {
        using var chaos = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "disttrain.dll"), "chaos", "--kills", "5", "--model", "mlp:256", "--epochs", "150", "--workers", "2", "--seed", "3",
                // What is asserted is what was trained, not how fast.
                "--max-lost-seconds", "20", "--checkpoint-seconds", "0.5", "--restart-seconds", "100", "--json",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var error = chaos.StandardError.ReadToEndAsync();
            var output = await chaos.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
            await chaos.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal((0, ""), (chaos.ExitCode, await error));
            var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
            Assert.Equal("PASS", lines[^1].GetProperty("verdict").GetString());
            Assert.Equal(7, lines.Count(line => line.GetProperty("event").GetString() == "fault"));
            Assert.False(Directory.Exists(lines[0].GetProperty("folder").GetString()));
        }
        finally
        {
            // Those that it has started end with it.
            chaos.Kill();
        }
    }
}
