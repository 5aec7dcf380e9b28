using System.Collections.Immutable;
using DistTrain.Learning.Engines;

namespace DistTrain.Runtime.Cluster;

/// <summary>What a process that joins is told of the run, before it becomes a member: enough to make the very same definition of it.</summary>
/// <param name="ProgramVersion">Of the coordinator's program.</param>
/// <param name="Configuration">The resolved configuration as YAML, as the run directory has it.</param>
/// <param name="WorkerCount">As the coordinator counts: how many it expects at the start.</param>
public sealed record RunOffer(string ProgramVersion, string Configuration, int WorkerCount, DataOffer Data)
{
    /// <summary>Whether what was made of the other offer serves for this one too.</summary>
    public bool IsSameRunAs(RunOffer other) =>
        other is not null && ProgramVersion == other.ProgramVersion && Configuration == other.Configuration && WorkerCount == other.WorkerCount && Data.ContentHash == other.Data.ContentHash;
}

/// <summary>The data that a run is trained on.</summary>
/// <param name="Name">For people, such as <c>mnist</c>.</param>
/// <param name="Source">As the configuration names it; its paths are those of the coordinator's machine.</param>
/// <param name="ContentHash"><c>sha256:</c> and 64 hexadecimal digits, over what the data says.</param>
/// <param name="Files">What it is read from; empty where the program makes it by itself.</param>
public sealed record DataOffer(string Name, string Source, string ContentHash, ImmutableArray<DataFile> Files);

/// <summary>One file that data is read from.</summary>
/// <param name="Name">Its name without folders; unique in the offer.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Sha256">Of its bytes: 64 hexadecimal digits in lower case.</param>
public sealed record DataFile(string Name, long Length, string Sha256);

/// <summary>Gets the coordinator's files. Used by a process that has no copy of its own.</summary>
public interface IDataFetcher
{
    /// <summary>Appends the file's bytes from <paramref name="offset"/> on to <paramref name="destination"/>.</summary>
    /// <param name="file">One of the offer's.</param>
    /// <param name="offset">Bytes that are there already.</param>
    /// <param name="destination">Where the others go.</param>
    /// <exception cref="IOException">The connection broke, or the coordinator no longer has the file as it was offered; what has been written so far is good.</exception>
    void Fetch(DataFile file, long offset, Stream destination, CancellationToken cancellation);
}

/// <summary>A run as a process that joined has understood it.</summary>
public sealed record PreparedRun(TrainingDefinition Definition, IEngine Engine);
