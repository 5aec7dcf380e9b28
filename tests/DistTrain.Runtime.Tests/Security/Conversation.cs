using System.Buffers;
using System.Buffers.Binary;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Security.Handshake;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>Both sides of a handshake without a network, and whoever stands between them.</summary>
internal sealed class Conversation
{
    public delegate byte[] Between(int frame, byte[] bytes);

    public ProcessId ClientId { get; init; } = ProcessId.New();

    public ProcessId ServerId { get; init; } = ProcessId.New();

    public byte[] ClientSecret { get; init; } = Credentials.Secret;

    public byte[] ServerSecret { get; init; } = Credentials.Secret;

    public byte[] ClientNonce { get; init; } = Filled(1);

    public byte[] ServerNonce { get; init; } = Filled(2);

    /// <summary>The certificates as the client sees them.</summary>
    public (byte[] Client, byte[] Server) SeenByClient { get; init; } = (Filled(3), Filled(4));

    /// <summary>The certificates as the server sees them.</summary>
    public (byte[] Client, byte[] Server) SeenByServer { get; init; } = (Filled(3), Filled(4));

    public ConnectionPurpose Purpose { get; init; } = ConnectionPurpose.Control;

    public ReadOnlyMemory<byte>? Ticket { get; init; }

    public ProcessId? Expected { get; init; }

    public TicketBook Tickets { get; init; } = new(TimeSpan.FromMinutes(1));

    public ConnectionFault? FaultOfChannel { get; init; }

    /// <summary>Every frame in the order in which they were sent, as sent.</summary>
    public List<byte[]> Frames { get; } = [];

    public static byte[] Filled(byte value) => [.. Enumerable.Repeat(value, 32)];

    public HandshakeClient NewClient() => new(new HandshakeInputs(ClientId, ClientNonce, ClientSecret, SeenByClient.Client, SeenByClient.Server), Purpose, Ticket, Expected);

    public HandshakeServer NewServer() => new(new HandshakeInputs(ServerId, ServerNonce, ServerSecret, SeenByServer.Client, SeenByServer.Server), FaultOfChannel, Tickets.Redeem);

    /// <summary>Carries frames to and fro until nobody has anything to say.</summary>
    /// <param name="between">What becomes of a frame on the way; the even ones are the client's.</param>
    public (HandshakeResult? Client, HandshakeResult? Server) Run(Between? between = null)
    {
        HandshakeClient client = NewClient();
        HandshakeServer server = NewServer();
        (Exchange From, Exchange To) way = (client, server);
        for (var frame = 0; ; frame++)
        {
            var sent = way.From.TakeOutput().ToArray();
            if (sent.Length == 0)
            {
                return (client.Result, server.Result);
            }

            Frames.Add(sent);
            Deliver(way.To, between is null ? sent : between(frame, sent));
            way = (way.To, way.From);
        }
    }

    /// <summary>Hands bytes over as a connection would: as many at a time as are wanted, until the handshake is over.</summary>
    /// <returns>How many were taken.</returns>
    public static int Deliver(Exchange receiver, ReadOnlySpan<byte> bytes, int atOnce = int.MaxValue)
    {
        var taken = 0;
        while (taken < bytes.Length && receiver.Result is null)
        {
            var count = Math.Min(Math.Min(receiver.Wanted.Length, atOnce), bytes.Length - taken);
            bytes.Slice(taken, count).CopyTo(receiver.Wanted.Span);
            receiver.Received(count);
            taken += count;
        }

        return taken;
    }

    /// <summary>A frame with a true length before it.</summary>
    public static byte[] Frame(params object?[] items)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(items.Length);
        foreach (var item in items)
        {
            switch (item)
            {
                case null:
                    writer.WriteNil();
                    break;
                case int number:
                    writer.WriteInteger(number);
                    break;
                case long number:
                    writer.WriteInteger(number);
                    break;
                case string text:
                    writer.WriteString(text);
                    break;
                default:
                    writer.WriteBinary((byte[])item);
                    break;
            }
        }

        return Prefixed(buffer.WrittenSpan);
    }

    public static byte[] Prefixed(ReadOnlySpan<byte> bytes)
    {
        var frame = new byte[2 + bytes.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)bytes.Length);
        bytes.CopyTo(frame.AsSpan(2));
        return frame;
    }

    public static byte[] Bytes(ProcessId id) => id.Value.ToByteArray(bigEndian: true);
}
