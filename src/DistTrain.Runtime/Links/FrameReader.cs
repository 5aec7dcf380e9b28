namespace DistTrain.Runtime.Links;

/// <summary>
/// Reads a connection through a small buffer, so that small frames share a call to the operating system, and large runs of bytes go past it straight to where they belong.
/// </summary>
internal sealed class FrameReader(LinkConnection connection, int bufferBytes)
{
    private readonly byte[] small = new byte[bufferBytes];
    private byte[]? large;
    private int start;
    private int end;

    public LinkConnection Connection => connection;

    /// <summary>The next bytes, where they lie; valid until the next call.</summary>
    /// <param name="count">Already held against a limit by the caller.</param>
    /// <exception cref="ConnectionBrokenException">The connection ended before them.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > small.Length)
        {
            return TakeLarge(count);
        }

        if (end - start < count)
        {
            small.AsSpan(start, end - start).CopyTo(small);
            (start, end) = (0, end - start);
            while (end < count)
            {
                end += connection.Receive(small.AsSpan(end));
            }
        }

        start += count;
        return small.AsSpan(start - count, count);
    }

    /// <exception cref="ConnectionBrokenException">The connection ended before all of it had come.</exception>
    public void ReadInto(Span<byte> destination)
    {
        var buffered = Math.Min(end - start, destination.Length);
        small.AsSpan(start, buffered).CopyTo(destination);
        start += buffered;
        for (var rest = destination[buffered..]; rest.Length > 0;)
        {
            rest = rest[connection.Receive(rest)..];
        }
    }

    /// <summary>A frame beyond the usual size: its memory is kept for the next one of its kind, and is as large as the largest so far.</summary>
    private ReadOnlySpan<byte> TakeLarge(int count)
    {
        if (large is null || large.Length < count)
        {
            large = new byte[count];
        }

        ReadInto(large.AsSpan(0, count));
        return large.AsSpan(0, count);
    }
}
