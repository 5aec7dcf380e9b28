using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DistTrain.Runtime.RunDirectory;

/// <summary>Who writes a run: one line in a file that stands in its directory as long as the process does.</summary>
/// <param name="ProcessId">Its number on its machine.</param>
/// <param name="Host">The name of its machine.</param>
/// <param name="StartedUtc">When the process began, to the second: numbers of processes are used again.</param>
internal sealed record RunLock(int ProcessId, string Host, DateTime StartedUtc)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const int MostCharacters = 512;

    /// <summary>Clocks that are set while a process runs move the time at which it seems to have begun.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    public static RunLock Own()
    {
        using var process = Process.GetCurrentProcess();
        return new RunLock(Environment.ProcessId, Environment.MachineName, process.StartTime.ToUniversalTime());
    }

    /// <summary>Makes the file.</summary>
    /// <exception cref="RunDirectoryException">Another process holds it.</exception>
    public void Take(RunPaths paths)
    {
        try
        {
            using var file = new FileStream(paths.Lock, FileMode.CreateNew, FileAccess.Write);
            file.Write(Encoding.UTF8.GetBytes(ToString() + "\n"));
        }
        catch (IOException) when (File.Exists(paths.Lock))
        {
            throw new RunDirectoryException(Conflict(paths, Read(paths.Lock)));
        }
    }

    /// <summary>Makes the file, in place of that of a process that is gone.</summary>
    /// <param name="isForced">Whether one that cannot be seen from here is taken to be gone.</param>
    /// <exception cref="RunDirectoryException">The process that holds it lives, or may live.</exception>
    public void TakeOver(RunPaths paths, bool isForced)
    {
        if (File.Exists(paths.Lock))
        {
            if (ReasonNotToTakeOver(paths, Read(paths.Lock), isForced) is { } reason)
            {
                throw new RunDirectoryException(reason);
            }

            File.Delete(paths.Lock);
        }

        Take(paths);
    }

    /// <summary>Removes the file, unless another process has taken the run over.</summary>
    public void Release(RunPaths paths)
    {
        if (Read(paths.Lock)?.ToString() == ToString())
        {
            File.Delete(paths.Lock);
        }
    }

    /// <summary>What a directory's lock means to one who wants to write there; null when there is none.</summary>
    public static string? Conflict(RunPaths paths) => File.Exists(paths.Lock) ? Conflict(paths, Read(paths.Lock)) : null;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"process {ProcessId} on {Host} since {StartedUtc.ToString(TimeFormat, CultureInfo.InvariantCulture)}");

    /// <summary>Null for a text that no lock has.</summary>
    internal static RunLock? Parse(string text)
    {
        if (text.Trim().Split(' ') is not ["process", var id, "on", var host, "since", var started])
        {
            return null;
        }

        var isTime = DateTime.TryParseExact(started, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time);
        return isTime && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new RunLock(number, host, time) : null;
    }

    private static string Conflict(RunPaths paths, RunLock? holder)
    {
        const string remedy = "a run is never written over: choose another with --run";
        return holder switch
        {
            null => $"the run directory {paths.Directory} is in use, or was when its process died (its run.lock names no process), and {remedy}",
            _ when holder.Host != Environment.MachineName => $"the run directory {paths.Directory} is in use by process {holder.ProcessId} on {holder.Host}, or was when that died, and {remedy}",
            _ when holder.IsAlive() => $"the run directory {paths.Directory} is in use by process {holder.ProcessId} on this machine ({holder.Host}): choose another with --run",
            _ => $"the run directory {paths.Directory} holds a run whose process ({holder.ProcessId}) died before its end: go on with it by 'disttrain resume', or choose another with --run",
        };
    }

    private static string? ReasonNotToTakeOver(RunPaths paths, RunLock? holder, bool isForced) => holder switch
    {
        { } own when own.Host == Environment.MachineName => own.IsAlive()
            ? $"the run directory {paths.Directory} is in use by process {own.ProcessId} on this machine ({own.Host}): end that first"
            : null,
        _ when isForced => null,
        null => $"the run directory {paths.Directory} is in use, or was when its process died (its run.lock names no process): if no process works on it any more, add --force",
        _ => $"the run directory {paths.Directory} is in use by process {holder.ProcessId} on {holder.Host}, or was when that died, which cannot be seen from here: if it is gone, add --force "
            + "(one that is still there stops by itself before it writes anything more)",
    };

    private bool IsAlive()
    {
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return !process.HasExited && (process.StartTime.ToUniversalTime() - StartedUtc).Duration() < ClockTolerance;
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            return false;
        }
        catch (Win32Exception)
        {
            // It runs, but says nothing about itself to this user.
            return true;
        }
    }

    private static RunLock? Read(string file)
    {
        try
        {
            using var text = new StreamReader(file);
            var buffer = new char[MostCharacters];
            return Parse(new string(buffer, 0, text.ReadBlock(buffer)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
