using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>Real processes of the program on this machine, in a folder of their own, with a secret that all know.</summary>
internal sealed class ProcessScene : IDisposable
{
    /// <summary>Short times, so that a death is known in seconds: a test waits for what happens, and not for how long.</summary>
    private const string Quick = """
        akka.cluster {
          gossip-interval = 300 ms
          leader-actions-interval = 300 ms
          unreachable-nodes-reaper-interval = 300 ms
          failure-detector { heartbeat-interval = 500 ms, acceptable-heartbeat-pause = 2500 ms }
          split-brain-resolver.stable-after = 2 s
        }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-akka-").FullName;
    private readonly List<RunningProcess> started = [];

    /// <param name="more">HOCON behind the short times.</param>
    public ProcessScene(string more = "")
    {
        Write("secret", new string('s', 32));
        Write("akka.conf", Quick + "\n" + more);
    }

    /// <summary>What processes of a cluster have in common.</summary>
    public static string[] Common => ["--runtime", "akka", "--secret-file", "secret", "--akka-config", "akka.conf"];

    public RunningProcess Start(params string[] arguments)
    {
        var process = new RunningProcess(folder, arguments);
        started.Add(process);
        return process;
    }

    /// <summary>The same training in one process, to its end.</summary>
    public string HashAlone(params string[] arguments)
    {
        var alone = Start(["train", "--json", "--run", "alone", .. arguments]);
        Assert.Equal(0, alone.WaitForEnd());
        return alone.WeightsHash;
    }

    public string ReadText(string file) => File.ReadAllText(Path.Combine(folder, file));

    public void Dispose()
    {
        started.ForEach(process => process.Dispose());
        Directory.Delete(folder, recursive: true);
    }

    private void Write(string name, string text)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllText(file, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}

/// <summary>A process whose lines can be waited for.</summary>
internal sealed class RunningProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process process;
    private readonly List<string> lines = [];

    public RunningProcess(string folder, string[] arguments)
    {
        process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "disttrain.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string WeightsHash => Said("\"event\":\"finished\"") is { } line ? JsonDocument.Parse(line).RootElement.GetProperty("weightsHash").GetString()! : throw new InvalidOperationException($"it did not finish:\n{All}");

    /// <summary>Everything that it has written so far.</summary>
    public string All
    {
        get
        {
            lock (lines)
            {
                return string.Join('\n', lines);
            }
        }
    }

    /// <summary>The first line with these words; null where there is none yet.</summary>
    public string? Said(string words)
    {
        lock (lines)
        {
            return lines.Find(line => line.Contains(words, StringComparison.Ordinal));
        }
    }

    /// <summary>Waits for a line.</summary>
    public string WaitFor(string words)
    {
        for (var start = Stopwatch.GetTimestamp(); ; Thread.Sleep(20))
        {
            if (Said(words) is { } line)
            {
                return line;
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(start) > Patience)
            {
                process.WaitForExit(TimeSpan.FromSeconds(5));
                return Said(words) ?? throw new InvalidOperationException($"it did not say '{words}':\n{All}");
            }
        }
    }

    /// <summary>Where the coordinator listens.</summary>
    public string WaitForAddress()
    {
        var line = WaitFor("waiting for ");
        var start = line.IndexOf(" on ", StringComparison.Ordinal) + 4;
        return line[start..line.IndexOf(": ", start, StringComparison.Ordinal)];
    }

    public int WaitForEnd()
    {
        Assert.True(process.WaitForExit((int)Patience.TotalMilliseconds), $"it did not end:\n{All}");

        // Also for the last of its lines.
        process.WaitForExit();
        return process.ExitCode;
    }

    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }
    }
}
