using System.Buffers.Binary;
using System.IO.Compression;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>Opens files that the user named, compressed with gzip or not, and turns every refusal of the system into one clear sentence.</summary>
internal static class InputFile
{
    private const int BufferBytes = 1 << 16;

    // Deflate cannot do better than 258 bytes for 2 bits, so a claim beyond this ratio is wrong before anything is unpacked.
    public const long LargestDeflateRatio = 1032;

    // Ten bytes before the compressed data and eight behind.
    private const int SmallestGzipBytes = 18;

    // MNIST's images unpack to five times their size; a first buffer of eight times spares most files the doubling.
    public const long UsualDeflateRatio = 8;

    /// <summary>Opens a file, unpacks it where its first bytes are those of gzip, and hands it to <paramref name="read"/>.</summary>
    /// <exception cref="InvalidInputException">The file is missing, is a folder, is refused by the system or does not unpack.</exception>
    public static T Read<T>(string path, Func<InputStream, T> read)
    {
        using var file = Open(path);
        try
        {
            return Read(file, path, read);
        }
        catch (IOException exception)
        {
            throw CannotBeRead(path, exception);
        }
    }

    /// <summary>As <see cref="Read{T}(string, Func{InputStream, T})"/>, without unpacking: for formats that are read here and there.</summary>
    public static T ReadAnywhere<T>(string path, Func<Stream, T> read)
    {
        using var file = Open(path);
        try
        {
            return file.CanSeek ? read(file) : throw new InvalidInputException($"{path} is a pipe or a device where a file is needed.");
        }
        catch (IOException exception)
        {
            throw CannotBeRead(path, exception);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes);
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

    /// <summary>As <see cref="Read{T}(string, Func{InputStream, T})"/>, for bytes that are there already; <paramref name="name"/> stands for the path in messages.</summary>
    public static T Read<T>(Stream stream, string name, Func<InputStream, T> read)
    {
        if (!stream.CanSeek)
        {
            throw new InvalidInputException($"{name} is a pipe or a device where a file is needed.");
        }

        Span<byte> magic = stackalloc byte[2];
        var isGzip = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic is [0x1f, 0x8b];
        stream.Position = 0;
        if (!isGzip)
        {
            return read(new InputStream(stream, name, stream.Length, stream.Length));
        }

        try
        {
            var announcedLength = ReadAnnouncedLength(stream);
            using var unpacked = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            return read(new InputStream(unpacked, name, stream.Length * UsualDeflateRatio, stream.Length * LargestDeflateRatio, announcedLength));
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw new InvalidInputException(
                $"{name} does not unpack: its gzip data is damaged, cut short or not a single whole; unpack it or pack it anew.", exception);
        }
    }

    /// <summary>The last four bytes of gzip data: the length of what was packed, modulo 2^32 (RFC 1952, ISIZE).</summary>
    private static uint ReadAnnouncedLength(Stream stream)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        if (stream.Length < SmallestGzipBytes)
        {
            throw new InvalidDataException("Too short for a header and a trailer.");
        }

        stream.Position = stream.Length - length.Length;
        stream.ReadExactly(length);
        stream.Position = 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(length);
    }
}

/// <summary>Unpacked bytes of a file, read with bounds.</summary>
/// <param name="stream">Where the bytes come from.</param>
/// <param name="path">Named in messages.</param>
/// <param name="usualBytes">What a file of this length usually holds: the size of the first buffer.</param>
/// <param name="mostBytes">What the file can hold at the most, judged by its length.</param>
/// <param name="announcedLength">
/// Number of bytes modulo 2^32 that packed data must have, because the platform's unpacking takes data that is cut short for data that has ended;
/// null where that cannot be.
/// </param>
internal sealed class InputStream(Stream stream, string path, long usualBytes, long mostBytes, uint? announcedLength = null)
{
    private const int SmallestBufferBytes = 1 << 16;
    private long readBytes;

    /// <summary>Named in messages.</summary>
    public string Path => path;

    /// <summary>What a file of this length usually holds: enough for a first buffer.</summary>
    public long UsualBytes => usualBytes;

    /// <summary>What the file can hold at the most, judged by its length; may be far above what it does hold.</summary>
    public long MostBytes => mostBytes;

    /// <summary>Fills <paramref name="destination"/> as far as the file goes and says how far that was.</summary>
    /// <exception cref="InvalidDataException">Packed data was cut short.</exception>
    public int Fill(Span<byte> destination)
    {
        var count = stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        readBytes += count;
        return count == destination.Length || announcedLength is null || announcedLength == unchecked((uint)readBytes)
            ? count
            : throw new InvalidDataException("The length is not the announced one.");
    }

    /// <summary>
    /// Up to <paramref name="wantedBytes"/> bytes, fewer only where the file ends. The memory taken follows what is really there,
    /// not what was wanted.
    /// </summary>
    public byte[] ReadUpTo(int wantedBytes)
    {
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(wantedBytes, Math.Max(SmallestBufferBytes, usualBytes)));
        var length = 0;
        while (true)
        {
            length += Fill(buffer.AsSpan(length));
            if (length < buffer.Length || length == wantedBytes)
            {
                return length == buffer.Length ? buffer : buffer[..length];
            }

            Array.Resize(ref buffer, (int)Math.Min(wantedBytes, buffer.Length * 2L));
        }
    }

    /// <summary>
    /// Whether nothing is left. Asking also makes a gzip stream compare its checksum, so it is asked even where the length is known.
    /// </summary>
    public bool IsAtEnd()
    {
        Span<byte> one = stackalloc byte[1];
        return Fill(one) == 0;
    }
}
