using System.Security.Cryptography;
using DistTrain.Learning;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.Recovery;

/// <summary>Reads a file from its beginning to its end and hashes it on the way.</summary>
internal sealed class HashingReader : Stream
{
    private readonly Stream inner;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private HashingReader(Stream inner)
    {
        this.inner = inner;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads a file that a manifest speaks of. What was read is given only if it is, to the last byte, what the manifest says.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="path">The file, in the storage.</param>
    /// <param name="expected">What the manifest says of it.</param>
    /// <param name="read">Reads to the file's end.</param>
    /// <exception cref="InvalidInputException">It is another.</exception>
    public static T Read<T>(IStorage storage, string path, ManifestFile expected, Func<Stream, T> read)
    {
        using var inner = storage.OpenRead(path);
        if (inner.Length != expected.Length)
        {
            throw new InvalidInputException($"its {expected.Name} has {inner.Length:N0} bytes instead of {expected.Length:N0}");
        }

        using var stream = new HashingReader(inner);
        var content = read(stream);
        return stream.inner.Position == expected.Length && Convert.ToHexStringLower(stream.hash.GetHashAndReset()) == expected.Sha256
            ? content
            : throw new InvalidInputException($"its {expected.Name} was changed since it was written");
    }

    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        hash.AppendData(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        hash.Dispose();
        base.Dispose(disposing);
    }
}
