using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Tests;

/// <summary>A cluster of real processes on this machine.</summary>
public sealed partial class ClusterProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-cluster-").FullName;
    private readonly List<Process> started = [];

    public void Dispose()
    {
        foreach (var process in started)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    private Process Start(params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "disttrain.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
        started.Add(process);
        return process;
    }

    private async Task<(int Code, string Output, string Error)> Run(params string[] arguments) => await End(Start(arguments));

    private static async Task<(int Code, string Output, string Error)> End(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, output, await error);
    }

    private static async Task Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>That nobody else can read, as there would be a warning about one that others can.</summary>
    private async Task WriteSecret(string name, int length)
    {
        var file = Path.Combine(folder, name);
        await File.WriteAllTextAsync(file, Convert.ToBase64String(new byte[length]));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static string HashOf(string output) => JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("weightsHash").GetString()!;

    [Fact]
    public async Task Worker_processes_give_the_bits_of_threads_and_leave_their_logs()
    {
        var alone = await Run("train", "--epochs", "2", "--json", "--run", "alone");
        var (code, output, error) = await Run("train", "--epochs", "2", "--json", "--run", "several", "--processes", "2");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(HashOf(alone.Output), HashOf(output));
        Assert.All([1, 2], number => Assert.Contains("joined as worker-", File.ReadAllText(Path.Combine(folder, "several", $"worker-{number}.log")), StringComparison.Ordinal));
        var again = await Run("train", "--config", "several/config.yaml", "--json", "--run", "again");
        Assert.Equal(HashOf(alone.Output), HashOf(again.Output));
    }

    [Fact]
    public async Task A_coordinator_is_joined_asked_and_stopped()
    {
        await WriteSecret("secret", 32);
        var coordinator = Start("train", "--listen", "127.0.0.1:0", "--secret-file", "secret", "--epochs", "1000000", "--json", "--run", "run");
        var waiting = await coordinator.StandardError.ReadLineAsync().WaitAsync(Patience);
        Assert.Matches(PortIn(), waiting);
        var port = PortIn().Match(waiting!).Groups[1].Value;
        var worker = Start("worker", "--join", $"127.0.0.1:{port}", "--secret-file", "secret");
        for (var line = ""; !line.Contains("\"event\":\"epoch\"", StringComparison.Ordinal);)
        {
            line = await coordinator.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("the coordinator ended");
        }

        var status = await Run("status", $"127.0.0.1:{port}", "--secret-file", "secret", "--json");
        Assert.Equal((0, ""), (status.Code, status.Error));
        var members = ClusterStatus.FromJson(System.Text.Encoding.UTF8.GetBytes(status.Output.TrimEnd())).Members;
        Assert.Equal((0, worker.Id), (members[0].Node, members[1].ProcessId));

        await WriteSecret("other", 33);
        var stranger = await Run("worker", "--join", $"127.0.0.1:{port}", "--secret-file", "other");
        Assert.Equal((int)ExitCode.Refused, stranger.Code);
        Assert.Contains("wrong secret", stranger.Error, StringComparison.Ordinal);

        await Signal(coordinator, "TERM");
        Assert.Equal((int)ExitCode.Interrupted, (await End(coordinator)).Code);
        Assert.Equal(0, (await End(worker)).Code);
    }

    [GeneratedRegex(@" on 127\.0\.0\.1:(\d+): ")]
    private static partial Regex PortIn();
}
