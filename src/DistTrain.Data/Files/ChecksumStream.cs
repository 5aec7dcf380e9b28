namespace DistTrain.Data;

/// <summary>
/// Passes bytes on and compares their CRC-32 with the announced one when they end, which the platform's zip archives leave undone. CRC-32 as in ISO 3309 and zip: polynomial 0xEDB88320,
/// reflected, beginning and ending inverted.
/// </summary>
/// <param name="inner">Where the bytes come from; disposed with this stream.</param>
/// <param name="expected">The announced checksum.</param>
internal sealed class ChecksumStream(Stream inner, uint expected) : Stream
{
    private const uint Polynomial = 0xEDB88320;
    private static readonly uint[] Table = MakeTable();
    private uint register = uint.MaxValue;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The bytes have ended and are not those that were packed.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        if (count == 0 && buffer.Length > 0 && ~register != expected)
        {
            throw new InvalidDataException("The checksum is not the announced one.");
        }

        var crc = register;
        foreach (var value in buffer[..count])
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        register = crc;
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
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint index = 0; index < table.Length; index++)
        {
            var value = index;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ Polynomial;
            }

            table[index] = value;
        }

        return table;
    }
}
