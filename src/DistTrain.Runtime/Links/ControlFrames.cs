using System.Buffers;
using System.Buffers.Binary;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Links;

/// <summary>What travels on a control connection: a length of four bytes, least significant first, then a MessagePack array that begins with one of these. The numbers are a promise to other versions.</summary>
internal enum ControlFrameKind
{
    /// <summary>received: the first frame of each side on each connection; the number of the last sequenced frame that has come.</summary>
    Resume = 1,

    /// <summary>sequence, received, message.</summary>
    Message = 2,

    /// <summary>sequence, reason: the last sequenced frame of a side that ends the link in order.</summary>
    Close = 3,

    /// <summary>received.</summary>
    Acknowledge = 4,

    /// <summary>received, sentAt, echo, heldFor: times in microseconds by the clock of whoever sent them; echo is the other side's last sentAt, 0 for none, and heldFor how long ago it came.</summary>
    Heartbeat = 5,

    /// <summary>The side that dials needs a ticket for a data connection.</summary>
    TicketWanted = 6,

    /// <summary>ticket.</summary>
    Ticket = 7,

    /// <summary>reason: the other side will have no more of this link.</summary>
    Drop = 8,
}

/// <summary>The bytes of control frames.</summary>
internal static class ControlFrames
{
    public const int PrefixBytes = sizeof(int);

    /// <summary>What a frame may be longer than the message in it.</summary>
    public const int OverheadBytes = 32;

    /// <summary>A text for people is cut to this many characters, so that it is within the limits of whoever reads it.</summary>
    private const int LongestReason = 1000;

    public static byte[] Resume(long received) => Frame(ControlFrameKind.Resume, [received]);

    public static byte[] Acknowledge(long received) => Frame(ControlFrameKind.Acknowledge, [received]);

    public static byte[] Heartbeat(Heartbeat beat) => Frame(ControlFrameKind.Heartbeat, [beat.Received, beat.SentAt, beat.Echo, beat.HeldFor]);

    public static byte[] TicketWanted() => Frame(ControlFrameKind.TicketWanted, []);

    public static byte[] Ticket(ReadOnlySpan<byte> ticket) => Frame(ControlFrameKind.Ticket, [], ticket);

    public static byte[] Message(long sequence, long received, ReadOnlySpan<byte> message) => Frame(ControlFrameKind.Message, [sequence, received], message);

    public static byte[] Close(long sequence, string reason) => Frame(ControlFrameKind.Close, [sequence], text: reason);

    public static byte[] Drop(string reason) => Frame(ControlFrameKind.Drop, [], text: reason);

    private static byte[] Frame(ControlFrameKind kind, ReadOnlySpan<long> numbers, ReadOnlySpan<byte> bytes = default, string? text = null)
    {
        var hasBytes = kind is ControlFrameKind.Message or ControlFrameKind.Ticket;
        var output = new ArrayBufferWriter<byte>(PrefixBytes + OverheadBytes + bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(PrefixBytes), 0);
        output.Advance(PrefixBytes);
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(1 + numbers.Length + (hasBytes || text is not null ? 1 : 0));
        writer.WriteInteger((int)kind);
        foreach (var number in numbers)
        {
            writer.WriteInteger(number);
        }

        if (hasBytes)
        {
            writer.WriteBinary(bytes);
        }

        if (text is not null)
        {
            writer.WriteString(text.Length > LongestReason ? text[..LongestReason] : text);
        }

        var frame = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - PrefixBytes);
        return frame;
    }
}

/// <param name="Received">The last sequenced frame that has come.</param>
/// <param name="SentAt">Microseconds of the sender's clock, above 0.</param>
/// <param name="Echo">The last <see cref="SentAt"/> that came from the other side; 0 for none.</param>
/// <param name="HeldFor">Microseconds between its arrival and this heartbeat.</param>
internal readonly record struct Heartbeat(long Received, long SentAt, long Echo, long HeldFor);
