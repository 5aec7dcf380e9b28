using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DistTrain.Runtime.Recovery;

/// <summary>
/// The frame of a record in a journal's file, all numbers little-endian: a mark (4 bytes), the payload's length (4), the end of the record before it (8), how much of the file was known to be on the device when it was
/// written (8), the first 8 bytes of the SHA-256 of all that and the payload, and the payload.
/// </summary>
/// <param name="PreviousEnd">In bytes from the file's beginning. Less than the record's own beginning where a record between the two could not be written as a whole.</param>
/// <param name="FlushedBytes">Of the file's beginning.</param>
internal readonly record struct JournalRecord(long PreviousEnd, long FlushedBytes, ReadOnlyMemory<byte> Payload)
{
    public const int MaximumPayloadBytes = 16 << 20;

    private const int HeaderBytes = 24;
    private const int ChecksumBytes = 8;
    private const int FrameBytes = HeaderBytes + ChecksumBytes;

    private static ReadOnlySpan<byte> Mark => "DTJ\n"u8;

    public int LengthBytes => FrameBytes + Payload.Length;

    public byte[] ToBytes()
    {
        var bytes = new byte[LengthBytes];
        Mark.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Payload.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), PreviousEnd);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), FlushedBytes);
        Payload.Span.CopyTo(bytes.AsSpan(FrameBytes));
        Checksum(bytes, bytes.AsSpan(HeaderBytes, ChecksumBytes));
        return bytes;
    }

    /// <summary>The record that begins at a place of a file; null where none does that is whole.</summary>
    public static JournalRecord? At(ReadOnlyMemory<byte> file, int place)
    {
        var bytes = file.Span[place..];
        if (bytes.Length < FrameBytes || !bytes.StartsWith(Mark))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (length is < 0 or > MaximumPayloadBytes || length > bytes.Length - FrameBytes)
        {
            return null;
        }

        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        Checksum(bytes[..(FrameBytes + length)], checksum);
        return checksum.SequenceEqual(bytes.Slice(HeaderBytes, ChecksumBytes))
            ? new JournalRecord(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), file.Slice(place + FrameBytes, length))
            : null;
    }

    /// <summary>Where the next whole record begins, from a place on; null where there is none any more.</summary>
    public static int? NextFrom(ReadOnlyMemory<byte> file, int place)
    {
        while (file.Span[place..].IndexOf(Mark) is >= 0 and var distance)
        {
            place += distance;
            if (At(file, place) is not null)
            {
                return place;
            }

            place++;
        }

        return null;
    }

    private static void Checksum(ReadOnlySpan<byte> record, Span<byte> checksum)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(record[..HeaderBytes]);
        hash.AppendData(record[FrameBytes..]);
        hash.GetHashAndReset().AsSpan(0, ChecksumBytes).CopyTo(checksum);
    }
}
