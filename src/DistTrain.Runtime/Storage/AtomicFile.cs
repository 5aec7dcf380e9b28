using DistTrain.Learning;

namespace DistTrain.Runtime.Storage;

/// <summary>Replaces a file as a whole: a reader sees the old content or the new one, never a part.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Runs <paramref name="write"/> on a new file beside <paramref name="path"/>, flushes it to the device and renames it
    /// to <paramref name="path"/>. Whatever fails, the old file stays as it was and the new one is removed.
    /// </summary>
    /// <exception cref="InvalidInputException">The system refuses to write there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        if (Directory.Exists(path))
        {
            throw new InvalidInputException($"Cannot write {path}: it is a folder.");
        }

        // The process id keeps two programs that write the same file out of each other's way.
        var beside = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception exception)
        {
            TryDelete(beside);
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new InvalidInputException($"Cannot write {path}: {exception.Message.TrimEnd('.')}.", exception);
            }

            throw;
        }
    }

    // The reason why writing failed is what the user needs; that the remains could not be removed as well would only hide it.
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }
}
