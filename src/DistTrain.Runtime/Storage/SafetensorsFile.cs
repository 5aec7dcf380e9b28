using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Runtime.Storage;

/// <summary>
/// Tensors in a file that other programs read too. Layout: the header's length (8 bytes, little-endian), the header (JSON, padded
/// with spaces), then the values of all tensors without gaps. Format: https://github.com/huggingface/safetensors.
/// Only <c>F32</c> is read and written.
/// </summary>
public static class SafetensorsFile
{
    /// <summary>Writes the tensors in the given order and replaces <paramref name="path"/> as a whole.</summary>
    /// <exception cref="ArgumentException">Two tensors of one name, a name the format does not allow, or values that do not fill their shape.</exception>
    /// <exception cref="InvalidInputException">The system refuses to write there.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        CheckTensors(tensors);
        AtomicFile.Write(path, stream => SafetensorsStream.Write(stream, [.. tensors.Select(tensor => new TensorSource(tensor.Name, tensor.Shape, () => tensor.Values))], metadata));
    }

    /// <summary>Reads all tensors.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, or is not a whole and sound safetensors file of F32 tensors.</exception>
    public static SafetensorsContent Read(string path) => Open(path, (stream, header) =>
    {
        // Refused before the first value is read, so that no half-read model is paid for.
        foreach (var entry in header.Entries)
        {
            SafetensorsStream.CheckReadable(entry, path);
        }

        var tensors = ImmutableArray.CreateBuilder<NamedTensor>(header.Entries.Length);
        foreach (var entry in header.Entries)
        {
            tensors.Add(ReadValues(stream, entry, path));
        }

        return new SafetensorsContent(header.Metadata, tensors.MoveToImmutable());
    });

    /// <summary>Reads the tensor called <paramref name="name"/> and no other.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, is not sound, or has no such tensor of type F32.</exception>
    public static NamedTensor ReadTensor(string path, string name) => Open(path, (stream, header) =>
    {
        var entry = header.Entries.FirstOrDefault(entry => entry.Name == name)
            ?? throw new InvalidInputException($"{path} has no tensor called {SafetensorsHeader.Quote(name)}.");
        SafetensorsStream.CheckReadable(entry, path);
        stream.Seek(entry.Begin, SeekOrigin.Current);
        return ReadValues(stream, entry, path);
    });

    /// <summary>Reads names, types and shapes of the tensors and the metadata, but no values.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not sound.</exception>
    public static SafetensorsHeader ReadHeader(string path) => Open(path, (_, header) => header);

    private static void CheckTensors(IReadOnlyList<NamedTensor> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (tensor.Name.Length == 0 || tensor.Name == SafetensorsHeader.MetadataKey || !names.Add(tensor.Name))
            {
                throw new ArgumentException($"The name '{tensor.Name}' is empty, kept by the format, or given twice.", nameof(tensors));
            }

            long count = 1;
            foreach (var extent in tensor.Shape)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(tensors));
                count = checked(count * extent);
            }

            if (count != tensor.Values.Length)
            {
                throw new ArgumentException($"Tensor '{tensor.Name}' has {tensor.Values.Length} values for a shape of {count}.", nameof(tensors));
            }
        }
    }

    /// <summary>The stream stands at the first value.</summary>
    private static T Open<T>(string path, Func<FileStream, SafetensorsHeader, T> read)
    {
        using var stream = OpenFile(path);
        try
        {
            return read(stream, SafetensorsStream.ReadHeader(stream, stream.Length, path));
        }
        catch (IOException exception)
        {
            throw CannotBeRead(path, exception);
        }
    }

    private static FileStream OpenFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException($"{path} does not exist.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Directory.Exists(path) ? new InvalidInputException($"{path} is a folder where a file is needed.", exception) : CannotBeRead(path, exception);
        }
    }

    private static InvalidInputException CannotBeRead(string path, Exception exception) =>
        new($"{path} cannot be read: {exception.Message.TrimEnd('.')}.", exception);

    private static NamedTensor ReadValues(FileStream stream, SafetensorsEntry entry, string path)
    {
        var values = GC.AllocateUninitializedArray<float>((int)entry.ElementCount);
        SafetensorsStream.ReadValues(stream, values, path);
        return new NamedTensor(entry.Name, entry.Shape, values);
    }
}
