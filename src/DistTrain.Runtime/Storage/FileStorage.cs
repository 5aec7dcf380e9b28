using DistTrain.Learning;

namespace DistTrain.Runtime.Storage;

/// <summary>
/// The real storage, in a folder: nothing but system calls. A folder's names are flushed on Linux; elsewhere .NET and the systems offer no way to, and a file that was made or renamed just before the machine lost its
/// power may be missing afterwards.
/// </summary>
public sealed class FileStorage : IStorage
{
    private readonly string root;

    /// <param name="root">Made, with those above it, where there is none.</param>
    /// <exception cref="InvalidInputException">The system refuses.</exception>
    public FileStorage(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        this.root = Path.GetFullPath(root);
        try
        {
            Directory.CreateDirectory(this.root);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"the folder {root} cannot be made: {exception.Message}", exception);
        }
    }

    public void MakeFolder(string folder) => Guarded(folder, static path => Directory.CreateDirectory(path));

    public bool TryCreate(string file) => Guarded(file, static path =>
    {
        try
        {
            using var made = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return true;
        }
        catch (IOException) when (Path.Exists(path))
        {
            return false;
        }
    });

    public void Append(string file, ReadOnlySpan<byte> bytes)
    {
        var path = PathOf(file);
        try
        {
            using var stream = OpenToWrite(path, FileMode.Open);
            stream.Seek(0, SeekOrigin.End);
            stream.Write(bytes);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public void FlushFile(string file) => Guarded(file, static path =>
    {
        using var stream = OpenToWrite(path, FileMode.Open);
        RandomAccess.FlushToDisk(stream.SafeFileHandle);
        return true;
    });

    public void Rename(string from, string to)
    {
        if (StorageName.FolderOf(from) != StorageName.FolderOf(to))
        {
            throw new ArgumentException($"'{from}' cannot be renamed to '{to}', which is in another folder", nameof(to));
        }

        var target = PathOf(to);
        Guarded(from, path =>
        {
            File.Move(path, target, overwrite: true);
            return true;
        });
    }

    public void FlushFolder(string folder) => Guarded(folder, static path =>
    {
        if (OperatingSystem.IsLinux())
        {
            FolderFlush.Flush(path);
        }

        return true;
    });

    public Stream OpenRead(string file) => Guarded(file, path =>
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new FileNotFoundException(exception.Message, file, exception);
        }
    });

    public IReadOnlyList<string> List(string folder) => Guarded(folder, static path => Directory.Exists(path)
        ? Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal).ToArray()
        : []);

    public void Delete(string name) => Guarded(name, static path =>
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else if (File.Exists(path))
        {
            File.Delete(path);
        }

        return true;
    });

    private static FileStream OpenToWrite(string path, FileMode mode) => new(path, mode, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private string PathOf(string name) => Path.Combine([root, .. StorageName.Split(name)]);

    /// <summary>Whatever way the system has to refuse, it is one exception here.</summary>
    private T Guarded<T>(string name, Func<string, T> act)
    {
        try
        {
            return act(PathOf(name));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }
}
