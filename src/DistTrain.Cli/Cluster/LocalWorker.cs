using System.ComponentModel;
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

/// <summary>A worker process that this one starts, as often as it is told to when it has ended; the output of all its lives goes into one file.</summary>
internal sealed class LocalWorker : IDisposable
{
    private readonly int number;
    private readonly Func<Process> start;
    private readonly byte[] secret;
    private readonly string logFile;
    private readonly Func<LocalWorkerEnd, TimeSpan?> ended;
    private readonly ManualResetEventSlim isOver = new();
    private readonly object gate = new();
    private readonly Thread watching;
    private Life life;

    private LocalWorker(int number, Func<Process> start, ReadOnlySpan<byte> secret, string logFile, Func<LocalWorkerEnd, TimeSpan?> ended)
    {
        this.number = number;
        this.start = start;
        this.secret = secret.ToArray();
        this.logFile = logFile;
        this.ended = ended;
        life = new Life(start(), logFile, this.secret);
        watching = new Thread(Watch) { IsBackground = true, Name = $"worker process {number}" };
    }

    /// <param name="number">From 1 on.</param>
    /// <param name="start">Starts the process.</param>
    /// <param name="secret">Handed over on its standard input.</param>
    /// <param name="logFile">Where its output goes; what is there stays.</param>
    /// <param name="ended">Called on another thread whenever the process has ended; says after which pause it is started again, or null for not at all.</param>
    public static LocalWorker Start(int number, Func<Process> start, ReadOnlySpan<byte> secret, string logFile, Func<LocalWorkerEnd, TimeSpan?> ended)
    {
        var worker = new LocalWorker(number, start, secret, logFile, ended);
        worker.watching.Start();
        return worker;
    }

    public bool WaitForEnd(TimeSpan patience) => watching.Join(patience);

    /// <summary>Ends the process at once if it has not ended; it is not started any more.</summary>
    public void Dispose()
    {
        isOver.Set();
        lock (gate)
        {
            life.Kill();
        }

        watching.Join();
        life.Dispose();
        isOver.Dispose();
    }

    private void Watch()
    {
        LocalWorkerEnd? end = EndOfLife();
        while (end is not null && ended(end) is { } pause && !isOver.Wait(pause))
        {
            end = LiveAgain();
        }
    }

    /// <returns>Null when the process is not wanted any more.</returns>
    private LocalWorkerEnd? LiveAgain()
    {
        try
        {
            lock (gate)
            {
                if (isOver.IsSet)
                {
                    return null;
                }

                life = new Life(start(), logFile, secret);
            }
        }
        catch (Exception refusal) when (refusal is Win32Exception or IOException or UnauthorizedAccessException)
        {
            // What the system is short of it may have again after the next pause.
            return new LocalWorkerEnd(number, 0, (int)ExitCode.InternalError, refusal.Message, logFile);
        }

        return EndOfLife();
    }

    /// <summary>Its file is closed behind it, so that the next life can go on with it.</summary>
    private LocalWorkerEnd EndOfLife()
    {
        var end = life.WaitForEnd(number, logFile);
        life.Dispose();
        return end;
    }

    /// <summary>One process, and the file that its output goes to meanwhile.</summary>
    private sealed class Life : IDisposable
    {
        private readonly object gate = new();
        private readonly Process process;
        private readonly StreamWriter log;
        private string lastWords = "";
        private bool hasEnded;

        public Life(Process started, string logFile, ReadOnlySpan<byte> secret)
        {
            process = started;
            log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true, NewLine = "\n" };
            process.OutputDataReceived += (_, line) => Write(line.Data);
            process.ErrorDataReceived += (_, line) => Write(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            try
            {
                Parent.Write(process.StandardInput, secret);
            }
            catch (IOException)
            {
                // It is dead already; how it ended will be told.
            }
        }

        public LocalWorkerEnd WaitForEnd(int number, string logFile)
        {
            // Also waits for the last line of its output.
            process.WaitForExit();
            lock (gate)
            {
                return new LocalWorkerEnd(number, process.Id, process.ExitCode, lastWords, logFile);
            }
        }

        public void Dispose()
        {
            lock (gate)
            {
                hasEnded = true;
                log.Dispose();
                process.Dispose();
            }
        }

        public void Kill()
        {
            lock (gate)
            {
                if (!hasEnded)
                {
                    process.Kill(entireProcessTree: true);
                }
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
                if (!hasEnded)
                {
                    log.WriteLine(line);
                    lastWords = line;
                }
            }
        }
    }
}
