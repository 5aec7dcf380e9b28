using System.Globalization;
using DistTrain.Actors;
using DistTrain.Runtime.Storage;
using DistTrain.Simulation.Faults.Checks;

namespace DistTrain.Simulation.Faults;

/// <summary>How a process dies at an operation on its disk.</summary>
internal enum DeathAtDisk
{
    Before,

    /// <summary>A part of what is appended is there.</summary>
    Within,
    After,
}

/// <summary>The disk of the run as one process sees it, as long as it lives.</summary>
internal sealed class ProcessDisk(ClusterWorld world, CoordinatorProcess process) : IStorage
{
    private const string JournalPrefix = "journal/term-";
    private bool isDead;

    /// <summary>Operations until the process dies of one; null for not.</summary>
    public int? OperationsToDeath { get; set; }

    public DeathAtDisk Death { get; set; }

    /// <summary>Whose journal this process has made; 0 before.</summary>
    public Term Term { get; private set; }

    private SimulatedDisk Disk => world.Disk;

    public void MakeFolder(string folder) => Do(DiskAction.MakeFolder, folder, () => Disk.MakeFolder(folder));

    public bool TryCreate(string file)
    {
        var created = false;
        Do(DiskAction.Create, file, () => created = Disk.TryCreate(file), () => created);
        return created;
    }

    public void Append(string file, ReadOnlySpan<byte> bytes)
    {
        var added = bytes.ToArray();
        Do(DiskAction.Append, file, () => Disk.Append(file, added), within: () => Disk.Append(file, added.AsSpan(0, added.Length / 2)));
    }

    public void FlushFile(string file) => Do(DiskAction.FlushFile, file, () => Disk.FlushFile(file));

    public void Rename(string from, string to) => Do(DiskAction.Rename, to, () => Disk.Rename(from, to));

    public void FlushFolder(string folder) => Do(DiskAction.FlushFolder, folder, () => Disk.FlushFolder(folder));

    public Stream OpenRead(string file)
    {
        Stream? stream = null;
        Do(DiskAction.Read, file, () => stream = Disk.OpenRead(file));
        return stream!;
    }

    public IReadOnlyList<string> List(string folder)
    {
        IReadOnlyList<string> names = [];
        Do(DiskAction.List, folder, () => names = Disk.List(folder));
        return names;
    }

    public void Delete(string name) => Do(DiskAction.Delete, name, () => Disk.Delete(name));

    private void Do(DiskAction action, string name, Action act, Func<bool>? hasChanged = null, Action? within = null)
    {
        if (isDead || !process.IsAlive)
        {
            throw new ProcessKilledException();
        }

        var dies = OperationsToDeath is { } left && (OperationsToDeath = left - 1) < 0;
        if (dies && Death != DeathAtDisk.After)
        {
            Die($"in {action} of {name}", Death == DeathAtDisk.Within ? within : null);
        }

        act();
        if (action is not (DiskAction.List or DiskAction.Read) && hasChanged?.Invoke() != false)
        {
            world.Note(process, $"disk: {action} {name}");
            Term = action == DiskAction.Create && TermOf(name) is { } made ? made : Term;
            world.Observe(new DiskChanged(Term, action, name));
        }

        if (dies)
        {
            Die($"after {action} of {name}", null);
        }
    }

    private static Term? TermOf(string name) =>
        name.StartsWith(JournalPrefix, StringComparison.Ordinal) ? new Term(long.Parse(name.AsSpan(JournalPrefix.Length), CultureInfo.InvariantCulture)) : null;

    private void Die(string where, Action? half)
    {
        world.Note(process, $"is killed {where}");
        half?.Invoke();
        isDead = true;
        throw new ProcessKilledException();
    }
}
