using DistTrain.Runtime.Links;

namespace DistTrain.Runtime.Akka;

/// <summary>What becomes of a letter that has come.</summary>
internal enum Arrival
{
    /// <summary>It is the next.</summary>
    Due,

    /// <summary>It has come before: its sender does not know yet.</summary>
    Again,

    /// <summary>One before it is missing, and will be sent again, with this one behind it.</summary>
    Early,
}

/// <summary>
/// Both directions of a link's letters: everything that is sent arrives once and in order, as long as both processes live. Go-back-N: whoever sends keeps what has no receipt, and sends all of it again when the oldest has
/// waited for too long.
/// </summary>
/// <param name="limits">Bounds on what waits.</param>
internal sealed class LetterBox(LinkLimits limits)
{
    /// <summary>Letters after which a receipt is sent at once.</summary>
    private const int MostUntold = 64;

    private readonly Queue<byte[]> sent = new();
    private long sentBytes;
    private long lastSent;
    private long lastTold;

    /// <summary>The last letter that has come, with all before it.</summary>
    public long Received { get; private set; }

    /// <summary>Whether all that was sent has come.</summary>
    public bool IsSettled => sent.Count == 0;

    /// <summary>Whether the peer has said that something has come.</summary>
    public bool IsHeard => lastSent > sent.Count;

    /// <summary>Why no more can be sent; null while it can.</summary>
    public string? Overflow => sent.Count > limits.MaximumQueuedMessages || sentBytes > limits.MaximumQueuedBytes
        ? $"{sent.Count:N0} messages of {sentBytes:N0} bytes wait for it, and it does not take them"
        : null;

    /// <summary>Whether the peer does not know yet what has come, and should: at once, or at the next occasion.</summary>
    public bool IsReceiptDue(bool atOnce) => Received > lastTold && (!atOnce || Received == 1 || Received - lastTold >= MostUntold);

    /// <returns>The number under which the message goes out.</returns>
    public long Add(byte[] message)
    {
        sent.Enqueue(message);
        sentBytes += message.Length;
        return ++lastSent;
    }

    /// <summary>What has no receipt yet, in order.</summary>
    public IEnumerable<(long Number, byte[] Message)> Unreceived()
    {
        var number = lastSent - sent.Count;
        return sent.Select(message => (++number, message));
    }

    /// <summary>The peer says which letters have come; an older number than before is none.</summary>
    /// <returns>Whether that is news.</returns>
    /// <exception cref="Wire.WireFormatException">It cannot have come by that number.</exception>
    public bool Acknowledge(long received)
    {
        if (received > lastSent)
        {
            throw new Wire.WireFormatException($"letter {received} was acknowledged, but only {lastSent} were sent");
        }

        var isNews = lastSent - sent.Count < received;
        while (lastSent - sent.Count < received)
        {
            sentBytes -= sent.Dequeue().Length;
        }

        return isNews;
    }

    public Arrival Arrive(long number)
    {
        if (number != Received + 1)
        {
            if (number <= Received)
            {
                // The receipt was lost.
                lastTold = Math.Min(lastTold, number - 1);
            }

            return number <= Received ? Arrival.Again : Arrival.Early;
        }

        Received = number;
        return Arrival.Due;
    }

    /// <summary>The peer is being told of <see cref="Received"/>.</summary>
    public void Told() => lastTold = Received;
}
