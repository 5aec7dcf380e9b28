namespace DistTrain.Runtime.Storage;

/// <summary>
/// The few operations on files that the journal and the checkpoints are built of, so that a simulated disk can stand in for the real one and lose what was not flushed. Names are relative to the storage's root, with
/// <c>/</c> between folders. What is written is lost, wholly or in part, if the machine dies before the file is flushed; that a file is there under its name, before its folder is flushed.
/// Every operation throws <see cref="IOException"/> where the system refuses, and leaves what was flushed as it was.
/// </summary>
public interface IStorage
{
    /// <summary>Makes a folder, and those above it, where there is none.</summary>
    void MakeFolder(string folder);

    /// <summary>Makes an empty file.</summary>
    /// <returns>False where there is one already: of two that try at once, one succeeds.</returns>
    bool TryCreate(string file);

    /// <summary>Adds to the end of a file that is there.</summary>
    void Append(string file, ReadOnlySpan<byte> bytes);

    /// <summary>Returns when the file's content is on the device.</summary>
    void FlushFile(string file);

    /// <summary>Gives a file another name in the same folder; one that has the name already is replaced as a whole.</summary>
    void Rename(string from, string to);

    /// <summary>Returns when the names in the folder are on the device.</summary>
    void FlushFolder(string folder);

    /// <summary>A file's content, to be read from its beginning.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    Stream OpenRead(string file);

    /// <summary>The names, without folders, of the files and folders in a folder, in ordinal order; empty where there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Removes a file, or a folder with all that is in it; nothing happens where there is none.</summary>
    void Delete(string name);
}
