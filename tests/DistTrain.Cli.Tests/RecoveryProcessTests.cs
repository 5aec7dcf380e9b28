using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DistTrain.Cli.Tests;

/// <summary>Real processes that are killed and stopped: the run ends in the weights of one that nothing has happened to.</summary>
public sealed partial class RecoveryProcessTests : IDisposable
{
    private const string Epochs = "40";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string[] Often = ["--checkpoint-seconds", "0.2", "--checkpoint-pause-seconds", "0.1"];

    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-recovery-").FullName;
    private readonly List<Running> started = [];

    public void Dispose()
    {
        started.ForEach(process => process.Dispose());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_coordinator_that_is_killed_goes_on_where_its_workers_find_it()
    {
        WriteSecret();
        var coordinator = Start(["train", "--listen", "127.0.0.1:0", "--secret-file", "secret", "--min-workers", "2", "--epochs", Epochs, "--json", "--run", "run", .. Often]);
        var port = PortIn().Match(await coordinator.ErrorLine(" on 127.0.0.1:")).Groups[1].Value;
        Running[] workers = [Worker(port), Worker(port)];
        await coordinator.Line("\"event\":\"checkpoint\"");
        await coordinator.Line("\"event\":\"epoch\"");
        await coordinator.Signal("KILL");
        await Task.WhenAll(workers.Select(worker => worker.Line("joining again")));

        var resumed = Start(["resume", "run", "--listen", $"127.0.0.1:{port}", "--secret-file", "secret", "--min-workers", "2", "--json"]);

        Assert.Equal(await ExpectedHash(), await resumed.WeightsHash());
        Assert.Contains("it goes on from the checkpoint after step", resumed.Errors, StringComparison.Ordinal);
        Assert.All(workers, worker => Assert.Equal((0, 2), (worker.ExitCode, JoinedAs().Count(worker.Output))));
        AssertEveryEpochOnce();
    }

    [Fact]
    public async Task A_worker_with_a_shard_that_is_stopped_for_too_long_comes_back_when_it_goes_on()
    {
        WriteSecret();
        var coordinator = Start(
        [
            "train", "--listen", "127.0.0.1:0", "--secret-file", "secret", "--min-workers", "2", "--below-min-workers", "wait", "--placement", "workers", "--silence-seconds", "1", "--reconnect-seconds", "0.3",
            "--epochs", Epochs, "--json", "--run", "run", .. Often,
        ]);
        var port = PortIn().Match(await coordinator.ErrorLine(" on 127.0.0.1:")).Groups[1].Value;
        Running[] workers = [Worker(port), Worker(port)];
        await coordinator.Line("\"event\":\"epoch\"");
        await workers[0].Signal("STOP");
        await coordinator.ErrorLine("is lost");
        await workers[0].Signal("CONT");

        Assert.Equal(await ExpectedHash(), await coordinator.WeightsHash());
        Assert.Equal((0, 0), (workers[0].ExitCode, workers[1].ExitCode));
        Assert.Contains("joining again", workers[0].Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_worker_is_replaced_and_when_all_are_killed_the_run_goes_on_in_one_process()
    {
        var run = Start(["train", "--processes", "2", "--epochs", Epochs, "--json", "--run", "run", .. Often]);
        await run.Line("\"event\":\"checkpoint\"");
        await SignalFirstChild(run);
        await run.ErrorLine("it is started again");
        await run.Line("\"event\":\"recovered\"");
        await run.Line("\"event\":\"epoch\"");
        await run.Signal("KILL");

        var resumed = Start(["resume", "run", "--workers", "3", "--json"]);

        Assert.Equal(await ExpectedHash(), await resumed.WeightsHash());
        AssertEveryEpochOnce();
        Assert.Equal(3, Enumerable.Range(1, 2).Sum(number => JoinedAs().Count(File.ReadAllText(Path.Combine(folder, "run", $"worker-{number}.log")))));
    }

    private async Task<string> ExpectedHash() => await Start(["train", "--epochs", Epochs, "--json", "--run", "undisturbed", "--checkpoints", "no"]).WeightsHash();

    private void AssertEveryEpochOnce() => Assert.Equal(
        Enumerable.Range(1, int.Parse(Epochs, CultureInfo.InvariantCulture)),
        File.ReadLines(Path.Combine(folder, "run", "metrics.jsonl"))
            .Where(line => line.StartsWith("{\"event\":\"epoch\"", StringComparison.Ordinal))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("epoch").GetInt32()));

    private Running Worker(string port) => Start(["worker", "--join", $"127.0.0.1:{port}", "--secret-file", "secret", "--silence-seconds", "1", "--reconnect-seconds", "0.3"]);

    private Running Start(string[] arguments)
    {
        var running = new Running(arguments, folder);
        started.Add(running);
        return running;
    }

    private void WriteSecret()
    {
        var file = Path.Combine(folder, "secret");
        File.WriteAllText(file, Convert.ToBase64String(new byte[32]));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static async Task SignalFirstChild(Running parent)
    {
        var child = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).First(name => ParentOf(name!) == parent.Id);
        await Running.Signal("KILL", child!);
    }

    /// <summary>Behind the name in parentheses, which may hold anything: the state, and the parent.</summary>
    private static int ParentOf(string process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    [GeneratedRegex(@" on 127\.0\.0\.1:(\d+): ")]
    private static partial Regex PortIn();

    [GeneratedRegex("joined as worker-")]
    private static partial Regex JoinedAs();

    /// <summary>A process of the program, and what it has said so far.</summary>
    private sealed class Running : IDisposable
    {
        private readonly Process process;
        private readonly Heard output = new();
        private readonly Heard errors = new();

        public Running(string[] arguments, string folder)
        {
            process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "disttrain.dll"), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            })!;
            process.OutputDataReceived += (_, line) => output.Add(line.Data);
            process.ErrorDataReceived += (_, line) => errors.Add(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public int Id => process.Id;

        public string Output => output.Text;

        public string Errors => errors.Text;

        /// <summary>Waits for the end.</summary>
        public int ExitCode => process.WaitForExit(Patience) ? process.ExitCode : throw new TimeoutException($"a process did not end: {Output}{Errors}");

        /// <summary>The next line with this in it that has not been asked for yet.</summary>
        public Task<string> Line(string part) => output.Next(part);

        public Task<string> ErrorLine(string part) => errors.Next(part);

        public async Task<string> WeightsHash() => JsonDocument.Parse(await Line("\"event\":\"finished\"")).RootElement.GetProperty("weightsHash").GetString()!;

        public Task Signal(string name) => Signal(name, Id.ToString(CultureInfo.InvariantCulture));

        public static async Task Signal(string name, string process)
        {
            using var kill = Process.Start("kill", [$"-{name}", process]);
            await kill.WaitForExitAsync();
        }

        public void Dispose()
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }

    private sealed class Heard
    {
        private readonly StringBuilder all = new();
        private readonly Queue<string> fresh = [];
        private TaskCompletionSource news = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Text
        {
            get
            {
                lock (all)
                {
                    return all.ToString();
                }
            }
        }

        public void Add(string? line)
        {
            if (line is null)
            {
                return;
            }

            lock (all)
            {
                all.AppendLine(line);
                fresh.Enqueue(line);
                news.TrySetResult();
            }
        }

        public async Task<string> Next(string part)
        {
            while (true)
            {
                Task waiting;
                lock (all)
                {
                    while (fresh.TryDequeue(out var line))
                    {
                        if (line.Contains(part, StringComparison.Ordinal))
                        {
                            return line;
                        }
                    }

                    news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    waiting = news.Task;
                }

                try
                {
                    await waiting.WaitAsync(Patience);
                }
                catch (TimeoutException)
                {
                    throw new TimeoutException($"nothing with '{part}' in it came; what came is: {Text}");
                }
            }
        }
    }
}
