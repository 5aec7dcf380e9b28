using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DistTrain.Learning;
using Microsoft.Win32.SafeHandles;

namespace DistTrain.Runtime.Storage;

/// <summary>
/// Tensors in a file that other programs read too. Layout: the header's length (8 bytes, little-endian), the header (JSON, padded
/// with spaces), then the values of all tensors without gaps. Format: https://github.com/huggingface/safetensors.
/// Only <c>F32</c> is read and written.
/// </summary>
public static class SafetensorsFile
{
    private const int LengthPrefixBytes = sizeof(ulong);

    /// <summary>Writes the tensors in the given order and replaces <paramref name="path"/> as a whole.</summary>
    /// <exception cref="ArgumentException">Two tensors of one name, a name the format does not allow, or values that do not fill their shape.</exception>
    /// <exception cref="InvalidInputException">The system refuses to write there.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        CheckTensors(tensors);
        var header = SafetensorsHeader.Format(tensors, metadata);
        var lengthPrefix = new byte[LengthPrefixBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(lengthPrefix, (ulong)header.Length);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(lengthPrefix);
            stream.Write(header);
            foreach (var tensor in tensors)
            {
                WriteValues(stream, tensor.Values.Span);
            }
        });
    }

    /// <summary>Reads all tensors.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, or is not a whole and sound safetensors file of F32 tensors.</exception>
    public static SafetensorsContent Read(string path) => Open(path, (handle, header, dataBegin) =>
    {
        // Refused before the first value is read, so that no half-read model is paid for.
        foreach (var entry in header.Entries)
        {
            CheckReadable(entry, path);
        }

        var tensors = ImmutableArray.CreateBuilder<NamedTensor>(header.Entries.Length);
        foreach (var entry in header.Entries)
        {
            tensors.Add(ReadValues(handle, entry, dataBegin, path));
        }

        return new SafetensorsContent(header.Metadata, tensors.MoveToImmutable());
    });

    /// <summary>Reads the tensor called <paramref name="name"/> and no other.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, is not sound, or has no such tensor of type F32.</exception>
    public static NamedTensor ReadTensor(string path, string name) => Open(path, (handle, header, dataBegin) =>
    {
        var entry = header.Entries.FirstOrDefault(entry => entry.Name == name)
            ?? throw new InvalidInputException($"{path} has no tensor called {SafetensorsHeader.Quote(name)}.");
        CheckReadable(entry, path);
        return ReadValues(handle, entry, dataBegin, path);
    });

    /// <summary>Reads names, types and shapes of the tensors and the metadata, but no values.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not sound.</exception>
    public static SafetensorsHeader ReadHeader(string path) => Open(path, (_, header, _) => header);

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

    private static void WriteValues(Stream stream, ReadOnlySpan<float> values)
    {
        // In pieces, because the bytes of a long tensor can be more than a span can count.
        const int pieceLength = 1 << 20;
        int[]? swapped = BitConverter.IsLittleEndian ? null : new int[pieceLength];
        for (int start = 0; start < values.Length; start += pieceLength)
        {
            var piece = MemoryMarshal.Cast<float, int>(values.Slice(start, Math.Min(pieceLength, values.Length - start)));
            if (swapped is not null)
            {
                BinaryPrimitives.ReverseEndianness(piece, swapped);
                piece = swapped.AsSpan(0, piece.Length);
            }

            stream.Write(MemoryMarshal.AsBytes(piece));
        }
    }

    private static T Open<T>(string path, Func<SafeFileHandle, SafetensorsHeader, long, T> read)
    {
        using var handle = OpenHandle(path);
        try
        {
            var fileLength = RandomAccess.GetLength(handle);
            var header = ReadHeaderBytes(handle, fileLength, path);
            var dataBegin = LengthPrefixBytes + header.LongLength;
            return read(handle, SafetensorsHeader.Parse(header, fileLength - dataBegin, path), dataBegin);
        }
        catch (IOException exception)
        {
            throw CannotBeRead(path, exception);
        }
    }

    private static SafeFileHandle OpenHandle(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return File.OpenHandle(path);
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

    private static byte[] ReadHeaderBytes(SafeFileHandle handle, long fileLength, string path)
    {
        Span<byte> prefix = stackalloc byte[LengthPrefixBytes];
        if (fileLength < LengthPrefixBytes)
        {
            throw SafetensorsHeader.Refused(path, $"it has {fileLength} bytes, too few for the length of a header");
        }

        ReadExactly(handle, prefix, 0, path);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeader.MaximumLengthBytes)
        {
            throw SafetensorsHeader.Refused(path, $"it claims a header of {length} bytes, over the bound of {SafetensorsHeader.MaximumLengthBytes}");
        }

        if ((long)length > fileLength - LengthPrefixBytes)
        {
            throw SafetensorsHeader.Refused(path, $"it claims a header of {length} bytes but has only {fileLength} bytes in all (is it truncated?)");
        }

        var header = new byte[(int)length];
        ReadExactly(handle, header, LengthPrefixBytes, path);
        return header;
    }

    private static void CheckReadable(SafetensorsEntry entry, string path)
    {
        if (entry.ElementType != SafetensorsHeader.Float32)
        {
            throw SafetensorsHeader.Refused(path, $"tensor {SafetensorsHeader.Quote(entry.Name)} is of type {entry.ElementType}, and only F32 is read");
        }
    }

    private static NamedTensor ReadValues(SafeFileHandle handle, SafetensorsEntry entry, long dataBegin, string path)
    {
        var values = GC.AllocateUninitializedArray<float>((int)entry.ElementCount);
        const int pieceLength = 1 << 20;
        for (int start = 0; start < values.Length; start += pieceLength)
        {
            var piece = values.AsSpan(start, Math.Min(pieceLength, values.Length - start));
            ReadExactly(handle, MemoryMarshal.AsBytes(piece), dataBegin + entry.Begin + ((long)start * sizeof(float)), path);
            if (!BitConverter.IsLittleEndian)
            {
                var bits = MemoryMarshal.Cast<float, int>(piece);
                BinaryPrimitives.ReverseEndianness(bits, bits);
            }
        }

        return new NamedTensor(entry.Name, entry.Shape, values);
    }

    private static void ReadExactly(SafeFileHandle handle, Span<byte> destination, long offset, string path)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(handle, destination, offset);
            if (count == 0)
            {
                throw SafetensorsHeader.Refused(path, "it was cut short while it was being read");
            }

            destination = destination[count..];
            offset += count;
        }
    }
}
