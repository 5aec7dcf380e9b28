using System.Security.Cryptography;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.Recovery;

/// <summary>Writes a new file of a storage from its beginning to its end, in large pieces, and hashes it on the way.</summary>
internal sealed class StorageWriter(IStorage storage, string file) : Stream
{
    private const int PieceBytes = 1 << 16;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] piece = new byte[PieceBytes];
    private int filled;
    private long length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => length;

    public override long Position
    {
        get => length;
        set => throw new NotSupportedException();
    }

    /// <summary>Writes a file as a whole, and flushes it.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="file">A file that is not there.</param>
    /// <param name="write">Gives its content.</param>
    /// <returns>What a manifest says of it.</returns>
    public static ManifestFile Write(IStorage storage, string file, Action<Stream> write)
    {
        if (!storage.TryCreate(file))
        {
            throw new IOException($"'{file}' is there already");
        }

        using var stream = new StorageWriter(storage, file);
        write(stream);
        stream.Flush();
        storage.FlushFile(file);
        return new ManifestFile(StorageName.Split(file)[^1], stream.length, Convert.ToHexStringLower(stream.hash.GetHashAndReset()));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        length += buffer.Length;
        hash.AppendData(buffer);
        if (filled + buffer.Length > PieceBytes)
        {
            Flush();
        }

        if (buffer.Length > PieceBytes)
        {
            storage.Append(file, buffer);
        }
        else
        {
            buffer.CopyTo(piece.AsSpan(filled));
            filled += buffer.Length;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Hands everything on to the system; the file is not on the device by that.</summary>
    public override void Flush()
    {
        if (filled > 0)
        {
            storage.Append(file, piece.AsSpan(0, filled));
            filled = 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        hash.Dispose();
        base.Dispose(disposing);
    }
}
