namespace DistTrain.Runtime.Links;

/// <summary>What goes out in one turn: small frames gathered in a buffer, and behind them at most one large run of bytes from where it lies.</summary>
internal sealed class SendBatch(int capacity)
{
    private readonly byte[] gathered = new byte[capacity];
    private int count;
    private ReadOnlyMemory<byte> bytes;
    private ReadOnlyMemory<float> values;

    /// <summary>Bytes that can still be gathered; none behind a large run.</summary>
    public int Room => bytes.IsEmpty && values.IsEmpty ? gathered.Length - count : 0;

    public bool IsEmpty => count == 0 && bytes.IsEmpty && values.IsEmpty;

    /// <summary>Room for <paramref name="length"/> bytes, to be filled at once.</summary>
    public Span<byte> Add(int length)
    {
        var room = gathered.AsSpan(count, length);
        count += length;
        return room;
    }

    public void Add(ReadOnlySpan<byte> frame) => frame.CopyTo(Add(frame.Length));

    public void End(ReadOnlyMemory<byte> run) => bytes = run;

    public void End(ReadOnlyMemory<float> run) => values = run;

    public void Clear()
    {
        count = 0;
        bytes = default;
        values = default;
    }

    /// <exception cref="ConnectionBrokenException">Not all of it could be sent.</exception>
    public void SendTo(LinkConnection connection)
    {
        if (count > 0)
        {
            connection.Send(gathered.AsSpan(0, count));
        }

        if (!bytes.IsEmpty)
        {
            connection.Send(bytes.Span);
        }

        if (!values.IsEmpty)
        {
            connection.Send(values.Span);
        }
    }
}
