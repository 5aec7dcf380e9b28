using DistTrain.Learning.Numerics;
using DistTrain.Runtime.Storage;

namespace DistTrain.Simulation;

/// <summary>What is about to be done to a simulated disk.</summary>
public enum DiskAction
{
    MakeFolder,
    Create,
    Append,
    FlushFile,
    Rename,
    FlushFolder,
    Read,
    List,
    Delete,
}

/// <summary>One operation on a simulated disk.</summary>
/// <param name="Number">0-based, of all that were ever begun on the disk.</param>
/// <param name="Name">The file or folder that it is about.</param>
public readonly record struct DiskOperation(long Number, DiskAction Action, string Name);

/// <summary>
/// A disk in memory that knows of each file how much of it is flushed, and of each folder which names are. A process that dies loses nothing of what it has written; a machine that dies (<see cref="Crash"/>) may lose
/// whatever is not flushed. Every operation is counted, and may be cut off by <see cref="BeforeOperation"/>.
/// </summary>
public sealed class SimulatedDisk : IStorage
{
    private readonly object gate = new();
    private SimulatedFolder root = new();
    private long operations;

    /// <summary>Bytes that all files together may have; an append beyond them writes what fits and fails. May be changed at any time.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Called before every operation. What it throws keeps the operation from being done.</summary>
    public Action<DiskOperation>? BeforeOperation { get; set; }

    /// <summary>Bytes of all files.</summary>
    public long UsedBytes
    {
        get
        {
            lock (gate)
            {
                return root.LengthBytes;
            }
        }
    }

    /// <summary>Operations begun so far.</summary>
    public long OperationCount => Interlocked.Read(ref operations);

    /// <summary>
    /// The machine dies. Of each file, what is not flushed is lost from some point on, and blocks of it may have become zeros or noise; of each folder, every name that was made, given or removed since its last flush may
    /// be as it was before. What is left has reached the device. Streams that were opened before must not be used any more.
    /// </summary>
    public void Crash(ref CounterBasedRandom random)
    {
        lock (gate)
        {
            root = root.AfterCrash(ref random, []);
        }
    }

    public void MakeFolder(string folder) => Do(DiskAction.MakeFolder, folder, () =>
    {
        var at = root;
        foreach (var part in StorageName.Split(folder))
        {
            at = at.Find(part) switch
            {
                SimulatedFolder found => found,
                null => at.Add(part, new SimulatedFolder()),
                _ => throw new IOException($"'{folder}' cannot be made: there is a file of that name"),
            };
        }

        return true;
    });

    public bool TryCreate(string file) => Do(DiskAction.Create, file, () =>
    {
        var (folder, name) = Place(file);
        if (folder.Find(name) is not null)
        {
            return false;
        }

        folder.Add(name, new SimulatedFile());
        return true;
    });

    public void Append(string file, ReadOnlySpan<byte> bytes)
    {
        var added = bytes.ToArray();
        Do(DiskAction.Append, file, () =>
        {
            var found = FindFile(file);
            var fits = (int)Math.Clamp(CapacityBytes - root.LengthBytes, 0, added.Length);
            found.Append(added.AsSpan(0, fits));
            return fits == added.Length ? true : throw new IOException($"No space left on device : '{file}'");
        });
    }

    public void FlushFile(string file) => Do(DiskAction.FlushFile, file, () =>
    {
        FindFile(file).Flush();
        return true;
    });

    public void Rename(string from, string to) => Do(DiskAction.Rename, from, () =>
    {
        if (StorageName.FolderOf(from) != StorageName.FolderOf(to))
        {
            throw new ArgumentException($"'{from}' cannot be renamed to '{to}', which is in another folder", nameof(to));
        }

        var (folder, name) = Place(from);
        FindFile(from);
        folder.Rename(name, Place(to).Name);
        return true;
    });

    public void FlushFolder(string folder) => Do(DiskAction.FlushFolder, folder, () =>
    {
        (FindFolder(folder) ?? throw new IOException($"There is no folder '{folder}'")).Flush();
        return true;
    });

    public Stream OpenRead(string file) => Do(DiskAction.Read, file, () => new MemoryStream(FindFile(file).Content.ToArray(), writable: false));

    public IReadOnlyList<string> List(string folder) => Do(DiskAction.List, folder, () => FindFolder(folder)?.Names ?? []);

    public void Delete(string name) => Do(DiskAction.Delete, name, () =>
    {
        var parent = FindFolder(StorageName.FolderOf(name));
        var last = StorageName.Split(name)[^1];
        if (parent?.Find(last) is { } found)
        {
            (found as SimulatedFolder)?.Clear();
            parent.Remove(last);
        }

        return true;
    });

    private T Do<T>(DiskAction action, string name, Func<T> act)
    {
        var number = Interlocked.Increment(ref operations) - 1;
        BeforeOperation?.Invoke(new DiskOperation(number, action, name));
        lock (gate)
        {
            return act();
        }
    }

    private (SimulatedFolder Folder, string Name) Place(string name)
    {
        var folder = StorageName.FolderOf(name);
        return (FindFolder(folder) ?? throw new FileNotFoundException($"There is no folder '{folder}'", name), StorageName.Split(name)[^1]);
    }

    private SimulatedFolder? FindFolder(string folder)
    {
        var at = root;
        foreach (var part in StorageName.Split(folder))
        {
            if (at.Find(part) is not SimulatedFolder next)
            {
                return null;
            }

            at = next;
        }

        return at;
    }

    private SimulatedFile FindFile(string file)
    {
        var (folder, name) = Place(file);
        return folder.Find(name) switch
        {
            SimulatedFile found => found,
            null => throw new FileNotFoundException($"There is no file '{file}'", file),
            _ => throw new IOException($"'{file}' is a folder"),
        };
    }
}
