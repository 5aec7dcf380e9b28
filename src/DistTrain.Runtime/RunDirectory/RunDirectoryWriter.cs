using System.Text;
using DistTrain.Learning;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.RunDirectory;

/// <summary>
/// Writes one run's directory. It is made, and its metrics file opened, before the training starts, so that a place that cannot be written to is known before any work
/// is spent. An existing run is never written over; one that has not ended can be gone on with.
/// </summary>
public sealed class RunDirectoryWriter : IDisposable
{
    private readonly RunLock own;
    private readonly StreamWriter metrics;
    private readonly bool hasMadeDirectory;

    private RunDirectoryWriter(RunPaths paths, RunLock own, FileStream metrics, bool hasMadeDirectory)
    {
        Paths = paths;
        this.own = own;
        this.hasMadeDirectory = hasMadeDirectory;
        this.metrics = new StreamWriter(metrics, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };
    }

    public RunPaths Paths { get; }

    /// <param name="directory">Made with its parents where missing; may exist when it is empty.</param>
    /// <exception cref="RunDirectoryException">There is something in it, or the system refuses.</exception>
    public static RunDirectoryWriter Create(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var paths = new RunPaths(directory);
        return Guarded(directory, () =>
        {
            if (File.Exists(directory))
            {
                throw new RunDirectoryException($"the run directory {directory} is a file: choose another with --run");
            }

            if (RunLock.Conflict(paths) is { } conflict)
            {
                throw new RunDirectoryException(conflict);
            }

            if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            {
                throw new RunDirectoryException(
                    $"the run directory {directory} is not empty, and a run is never written over: choose another with --run{(Directory.Exists(paths.Journal) ? ", or go on with the one in it by 'disttrain resume'" : "")}");
            }

            var isNew = !Directory.Exists(directory);
            Directory.CreateDirectory(directory);
            var own = RunLock.Own();
            own.Take(paths);
            return new RunDirectoryWriter(paths, own, new FileStream(paths.Metrics, FileMode.CreateNew, FileAccess.Write, FileShare.Read), isNew);
        });
    }

    /// <summary>Goes on with a run whose process is gone. A line of the metrics that it could not finish is cut off.</summary>
    /// <param name="directory">The run's.</param>
    /// <param name="isForced">Whether a process that cannot be seen from here is taken to be gone.</param>
    /// <exception cref="RunDirectoryException">Its process lives, or may live; or the system refuses.</exception>
    public static RunDirectoryWriter Open(string directory, bool isForced)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var paths = new RunPaths(directory);
        return Guarded(directory, () =>
        {
            var own = RunLock.Own();
            own.TakeOver(paths, isForced);
            var metrics = new FileStream(paths.Metrics, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            CutTornLine(metrics);
            return new RunDirectoryWriter(paths, own, metrics, hasMadeDirectory: false);
        });
    }

    /// <summary>Removes what a run has left whose process died before it had a journal: nothing was trained yet. Nothing happens where there is none, or a run has begun.</summary>
    /// <exception cref="RunDirectoryException">Its process lives, or the system refuses.</exception>
    public static void ClearUnbegun(string directory)
    {
        var paths = new RunPaths(directory);
        if (Directory.Exists(directory) && !Directory.Exists(paths.Journal) && (File.Exists(paths.Lock) || File.Exists(paths.Configuration)))
        {
            Guarded(directory, () =>
            {
                var own = RunLock.Own();
                own.TakeOver(paths, isForced: true);
                File.Delete(paths.Configuration);
                File.Delete(paths.Metrics);
                own.Release(paths);
            });
        }
    }

    /// <summary>The lines of the metrics so far.</summary>
    /// <exception cref="RunDirectoryException">The system refuses.</exception>
    public IReadOnlyList<string> ReadMetrics() => Guarded(Paths.Directory, () =>
    {
        using var stream = new FileStream(Paths.Metrics, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var text = new StreamReader(stream);
        var lines = new List<string>();
        while (text.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    });

    /// <exception cref="RunDirectoryException">The system refuses.</exception>
    public void WriteConfiguration(string yaml) =>
        Guarded(Paths.Directory, () => AtomicFile.Write(Paths.Configuration, stream => stream.Write(Encoding.UTF8.GetBytes(yaml))));

    /// <summary>Adds a line to the metrics and hands it to the system at once, so that others can follow.</summary>
    /// <exception cref="RunDirectoryException">The system refuses.</exception>
    public void AppendMetrics(string jsonLine) => Guarded(Paths.Directory, () => metrics.WriteLine(jsonLine));

    /// <summary>Replaces the model as a whole.</summary>
    /// <exception cref="RunDirectoryException">The system refuses.</exception>
    public void WriteModel(TrainedModel model) => Guarded(Paths.Directory, () => ModelFile.Write(Paths.Model, model));

    /// <summary>Replaces the report as a whole.</summary>
    /// <exception cref="RunDirectoryException">The system refuses.</exception>
    public void WriteReport(string page) => Guarded(Paths.Directory, () => AtomicFile.Write(Paths.Report, stream => stream.Write(Encoding.UTF8.GetBytes(page))));

    /// <summary>Takes everything back that was written, for a run that could not begin: the same directory can be used again. Nothing may be written afterwards.</summary>
    public void Discard()
    {
        Dispose();
        Guarded(Paths.Directory, () =>
        {
            File.Delete(Paths.Configuration);
            File.Delete(Paths.Metrics);
            DeleteFolder(Paths.Journal);
            DeleteFolder(Paths.Checkpoints);
            if (hasMadeDirectory && !Directory.EnumerateFileSystemEntries(Paths.Directory).Any())
            {
                Directory.Delete(Paths.Directory);
            }
        });
    }

    public void Dispose()
    {
        try
        {
            metrics.Dispose();
            own.Release(Paths);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Every line was flushed when it was written, and a failure was reported then; a lock that stays names a process that is known to be gone.
        }
    }

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Leaves what ends with a line break, and the stream behind it.</summary>
    private static void CutTornLine(FileStream file)
    {
        var end = file.Length;
        while (end > 0)
        {
            file.Position = end - 1;
            if (file.ReadByte() == '\n')
            {
                break;
            }

            end--;
        }

        file.SetLength(end);
        file.Position = end;
    }

    private static void Guarded(string directory, Action write) => Guarded(directory, () =>
    {
        write();
        return true;
    });

    private static T Guarded<T>(string directory, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new RunDirectoryException($"the run directory {directory} cannot be written: {fault.Message}", fault);
        }
        catch (InvalidInputException fault)
        {
            throw new RunDirectoryException($"the run directory {directory} cannot be written: {fault.Message}", fault);
        }
    }
}
