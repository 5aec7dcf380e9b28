using System.Diagnostics;

namespace DistTrain.Cli.Cluster;

/// <summary>How a worker process ended.</summary>
/// <param name="LastWords">The last line that it wrote; empty where there was none.</param>
internal sealed record LocalWorkerEnd(int Number, int OperatingSystemId, int ExitCode, string LastWords, string LogFile)
{
    public override string ToString()
    {
        var words = LastWords.Length == 0 ? "without a word" : $"and said: {LastWords.TrimEnd('.')}";
        return $"worker process {Number} ({OperatingSystemId}) ended with exit code {ExitCode} {words} (its output is in {LogFile})";
    }
}

/// <summary>A worker process that this one has started: its output goes into a file.</summary>
internal sealed class LocalWorker : IDisposable
{
    private readonly object gate = new();
    private readonly Process process;
    private readonly StreamWriter log;
    private readonly Thread watching;
    private string lastWords = "";

    private LocalWorker(int number, Process process, StreamWriter log, string logFile, Action<LocalWorkerEnd> ended)
    {
        this.process = process;
        this.log = log;
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        watching = new Thread(() =>
        {
            // Also waits for the last line of its output.
            process.WaitForExit();
            ended(new LocalWorkerEnd(number, process.Id, process.ExitCode, lastWords, logFile));
        })
        {
            IsBackground = true,
            Name = $"worker process {number}",
        };
    }

    /// <param name="number">From 1 on.</param>
    /// <param name="start">Starts the process.</param>
    /// <param name="secret">Handed over on its standard input.</param>
    /// <param name="logFile">Where its output goes; must not exist.</param>
    /// <param name="ended">Called once, on another thread.</param>
    public static LocalWorker Start(int number, Func<Process> start, ReadOnlySpan<byte> secret, string logFile, Action<LocalWorkerEnd> ended)
    {
        var log = new StreamWriter(new FileStream(logFile, FileMode.CreateNew, FileAccess.Write, FileShare.Read)) { AutoFlush = true, NewLine = "\n" };
        var worker = new LocalWorker(number, start(), log, logFile, ended);
        try
        {
            Parent.Write(worker.process.StandardInput, secret);
        }
        catch (IOException)
        {
            // It is dead already; how it ended will be told.
        }

        worker.watching.Start();
        return worker;
    }

    public bool WaitForEnd(TimeSpan patience) => watching.Join(patience);

    /// <summary>Ends the process at once if it has not ended.</summary>
    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        watching.Join();
        process.Dispose();
        lock (gate)
        {
            log.Dispose();
        }
    }

    private void Write(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (gate)
        {
            log.WriteLine(line);
            lastWords = line;
        }
    }
}
