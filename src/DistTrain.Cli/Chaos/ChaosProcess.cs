using System.Collections.Concurrent;
using System.Diagnostics;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>A line that a process of a chaos run has written.</summary>
/// <param name="At">When it came, in seconds since the chaos run began.</param>
internal sealed record ProcessLine(ChaosProcess Process, bool IsError, string Text, double At);

/// <summary>
/// A process of a chaos run: this program once more, with <c>--directed</c>. It ends when this one does; what it writes goes to a log, and to a queue.
/// </summary>
internal sealed class ChaosProcess : IDisposable
{
    private readonly Process process;
    private readonly StreamWriter log;
    private readonly object gate = new();
    private readonly CountdownEvent openStreams = new(2);
    private string lastWords = "";

    /// <param name="start">Starts it.</param>
    /// <param name="logFile">What it writes is added to it.</param>
    /// <param name="lines">Takes what it writes.</param>
    /// <param name="clock">Seconds since the chaos run began.</param>
    public ChaosProcess(Func<Process> start, string logFile, ConcurrentQueue<ProcessLine> lines, Func<double> clock)
    {
        log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true, NewLine = "\n" };
        process = start();
        Read(process.StandardOutput, isError: false, lines, clock);
        Read(process.StandardError, isError: true, lines, clock);
    }

    public int Id => process.Id;

    /// <summary>Whether it has ended, and everything that it wrote has been read.</summary>
    public bool HasEnded => process.HasExited && openStreams.IsSet;

    public int ExitCode => process.ExitCode;

    public string LastWords
    {
        get
        {
            lock (gate)
            {
                return lastWords;
            }
        }
    }

    /// <summary>At which it has killed itself; null where it has not.</summary>
    public FaultPoint? DiedAt { get; private set; }

    public void Kill() => process.Kill();

    public void Stop() => Signals.Stop(process.Id);

    public void GoOn() => Signals.GoOn(process.Id);

    /// <summary>Has it die at a point.</summary>
    public void DieAt(FaultPoint point, int count) => Say(Direction.DieAt(point, count));

    /// <summary>Takes that back.</summary>
    public void Live() => Say(Direction.Live);

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.WaitForExit();
        openStreams.Wait();
        process.Dispose();
        log.Dispose();
        openStreams.Dispose();
    }

    private void Say(string line)
    {
        try
        {
            process.StandardInput.WriteLine(line);
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has died before.
        }
    }

    private void Read(StreamReader stream, bool isError, ConcurrentQueue<ProcessLine> lines, Func<double> clock) => new Thread(() =>
    {
        while (stream.ReadLine() is { } line)
        {
            Handle(line);
            lines.Enqueue(new ProcessLine(this, isError, line, clock()));
        }

        openStreams.Signal();
    })
    {
        IsBackground = true,
        Name = "output of a process",
    }.Start();

    private void Handle(string line)
    {
        lock (gate)
        {
            log.WriteLine(line);
            lastWords = line;
        }

        var words = line.IndexOf(FaultPointText.DyingWords, StringComparison.Ordinal);
        if (words >= 0 && FaultPointText.Names.IndexOf(line[(words + FaultPointText.DyingWords.Length)..]) is >= 0 and var point)
        {
            DiedAt = (FaultPoint)point;
        }
    }
}
