using System.Buffers.Binary;
using System.Net.Sockets;
using DistTrain.Actors;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Links;

/// <summary>Peers that have proved who they are, and then send what they must not.</summary>
public class HostilePeerTests
{
    private const int Elements = 1000;

    private static readonly LinkLimits Limits = new()
    {
        Wire = new WireLimits { MaximumFrameBytes = 4096 },
        ChunkBytes = 4096,
        SmallestCreditBytes = 8192,
        LargestCreditBytes = 8192,
        MaximumOpenTransfers = 4,
        ReconnectDeadline = TimeSpan.FromMilliseconds(300),
        ProofDeadline = TimeSpan.FromMilliseconds(300),
    };

    private static readonly byte[] Beginning = Begin(1, Elements);

    public static TheoryData<string, byte[], string> ControlOffences => new()
    {
        { "garbage", [0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3], "a control frame of 4,022,250,974 bytes is not between 1 and the 4,128 that are allowed" },
        { "an empty frame", [0, 0, 0, 0], "a control frame of 0 bytes" },
        { "an oversized frame", Prefixed(4129, new byte[4129]), "a control frame of 4,129 bytes" },
        { "an unknown kind", Prefixed(2, [0x91, 99]), "a control frame of kind 99 with 1 items is unknown" },
        { "something else than an array", Prefixed(1, [0xC0]), "an array was expected" },
        { "no resumption", ControlFrames.Message(1, 0, [1]), "a connection began with a control frame of kind 2" },
        { "two resumptions", [.. ControlFrames.Resume(0), .. ControlFrames.Resume(0)], "a connection was resumed twice" },
        { "a resumption ahead", ControlFrames.Resume(7), "the link was resumed at message 7, but messages 0 to 0 are what can have come" },
        { "a gap", [.. ControlFrames.Resume(0), .. ControlFrames.Message(2, 0, [1])], "message 2 came where message 1 was due" },
        { "a replay", [.. ControlFrames.Resume(0), .. ControlFrames.Message(1, 0, [1]), .. ControlFrames.Message(1, 0, [1])], "message 1 came where message 2 was due" },
        { "an acknowledgement ahead", [.. ControlFrames.Resume(0), .. ControlFrames.Acknowledge(5)], "message 5 was acknowledged, but only 0 were sent" },
        { "a negative acknowledgement", [.. ControlFrames.Resume(0), .. ControlFrames.Acknowledge(-5)], "message -5 was acknowledged, but only 0 were sent" },
        { "too many items", [.. ControlFrames.Resume(0), .. Prefixed(4, [0x93, 4, 0, 0])], "a control frame of kind 4 with 3 items is unknown" },
        { "bytes behind the end", [.. ControlFrames.Resume(0), .. Prefixed(4, [0x92, 4, 0, 0])], "1 bytes follow the end of a message" },
        { "what the handler refuses", [.. ControlFrames.Resume(0), .. ControlFrames.Message(1, 0, "refuse"u8)], "the handler says no" },
    };

    public static TheoryData<string, byte[], string> DataOffences => new()
    {
        { "garbage", [.. "GET / HTTP/1.1\r\nHost"u8], "is unknown" },
        { "an unknown kind", [.. Resume(), .. Head((DataFrameKind)8, 0, 0)], "a data frame of kind 8 is unknown" },
        { "a negative length", [.. Resume(), .. Head(DataFrameKind.Begin, -1, 1)], "has a negative length or number" },
        { "no resumption", Beginning, "a data connection began with a frame of another kind (Begin)" },
        { "two resumptions", [.. Resume(), .. Resume()], "a data connection was resumed twice" },
        { "transfers whole that were never sent", Resume(upTo: 3), "a data connection was resumed with transfer 3 whole, which cannot be" },
        { "transfers out of order", Resume(0, 9, 8), "with transfers out of order" },
        { "no credit", [.. Head(DataFrameKind.Resume, 3, 0), 0x92, 0, 0x90], "or without credit" },
        { "an oversized beginning", [.. Resume(), .. Head(DataFrameKind.Begin, 129, 1)], "a data frame (Begin) of 129 bytes is longer than the 128 that are allowed" },
        { "an oversized chunk", [.. Resume(), .. Beginning, .. Head(DataFrameKind.Chunk, 4100, 1)], "a data frame (Chunk) of 4,100 bytes is longer than the 4,096 that are allowed" },
        { "an oversized end", [.. Resume(), .. Beginning, .. Head(DataFrameKind.End, 5000, 1)], "a data frame (End) of 5,000 bytes is longer than the 4,096 that are allowed" },
        { "the wrong number", [.. Resume(), .. Begin(2, Elements)], "transfer 2 was begun where transfer 1 was due" },
        { "a transfer begun twice", [.. Resume(), .. Beginning, .. Beginning], "transfer 1 was begun where transfer 2 was due" },
        { "a transfer sent again", [.. Resume(), .. Beginning, .. Chunk(1, 4000), .. Head(DataFrameKind.End, 0, 1), .. Beginning], "transfer 1 was begun where transfer 2 was due" },
        { "more open transfers than allowed", [.. Resume(), .. Enumerable.Range(1, 5).SelectMany(number => Begin(number, Elements))], "transfer 5 was begun while more than 4 are open" },
        { "another length", [.. Resume(), .. Begin(1, Elements + 1)], "a transfer of 4,004 bytes was announced where 4,000 belong" },
        { "a length that is no number's", [.. Resume(), .. Head(DataFrameKind.Begin, 8, 1), 0x97, 1, 0, 0, 3, 0, 0, 0], "a transfer of 3 bytes is not one of 32-bit numbers" },
        { "a receiver that is none", [.. Resume(), .. Head(DataFrameKind.Begin, 8, 1), 0x97, 1, 9, 0, 4, 0, 0, 0], "the role of a transfer is 9, which is not between 0 and 2" },
        { "an unknown key", [.. Resume(), .. Head(DataFrameKind.Begin, 8, 1), 0x97, 7, 0, 0, 4, 0, 0, 0], "a transfer of kind 7 with 7 items is unknown" },
        { "a chunk beyond the total", [.. Resume(), .. Beginning, .. Chunk(1, 4004)], "a chunk of 4,004 bytes came for transfer 1, of which 4,000 are missing" },
        { "an empty chunk", [.. Resume(), .. Beginning, .. Head(DataFrameKind.Chunk, 0, 1)], "a chunk of 0 bytes" },
        { "half a number", [.. Resume(), .. Beginning, .. Chunk(1, 2)], "a chunk of 2 bytes" },
        { "a chunk of an unknown transfer", [.. Resume(), .. Chunk(1, 4)], "bytes came for transfer 1, which is not open" },
        { "an early end", [.. Resume(), .. Beginning, .. Head(DataFrameKind.End, 0, 1)], "transfer 1 was ended with 4,000 bytes missing" },
        { "an end of nothing", [.. Resume(), .. Head(DataFrameKind.End, 0, 1)], "bytes came for transfer 1, which is not open" },
        { "an acknowledgement of what was never sent", [.. Resume(), .. Head(DataFrameKind.Acknowledge, 0, 1)], "transfer 1 was acknowledged, which was not sent" },
        { "credit that goes down", [.. Resume(), .. Head(DataFrameKind.Credit, 0, 5)], "credit went down from 8,192 bytes to 5" },
        { "a body where none belongs", [.. Resume(), .. Head(DataFrameKind.Pulse, 1, 0), 0], "a data frame (Pulse) of 1 bytes is longer than the 0 that are allowed" },
    };

    [Theory]
    [MemberData(nameof(ControlOffences))]
    public void A_peer_that_offends_on_the_control_connection_is_named_and_dropped(string offence, byte[] bytes, string sentence)
    {
        using var victim = new Victim();
        victim.SendControl(bytes);
        victim.AssertDropped(offence, sentence);
    }

    [Theory]
    [MemberData(nameof(DataOffences))]
    public void A_peer_that_offends_on_the_data_connection_is_named_and_dropped(string offence, byte[] bytes, string sentence)
    {
        using var victim = new Victim();
        victim.SendControl(ControlFrames.Resume(0));
        victim.SendData(bytes);
        victim.AssertDropped(offence, sentence);
    }

    /// <summary>A link that takes a chunk asks its window first.</summary>
    [Fact]
    public void A_window_takes_no_byte_more_than_was_granted()
    {
        var window = new CreditWindow(8192, 8192);
        window.Receive(1, 8000);
        Assert.Equal(16_192, window.GrantedBytes);
        var offence = Assert.Throws<WireFormatException>(() => window.Receive(2, 8196));
        Assert.Equal("16,196 bytes of tensors were sent, but only 16,192 were granted", offence.Message);
    }

    /// <summary>A connection that ends in the middle of anything is a broken one, whatever the byte: the tensors are let go of, the link waits, and gives up in time.</summary>
    [Fact]
    public void A_connection_that_ends_at_any_byte_is_only_broken()
    {
        byte[] whole = [.. Resume(), .. Beginning, .. Chunk(1, 4000), .. Head(DataFrameKind.End, 3, 1), 1, 2, 3];
        var lengths = Enumerable.Range(0, 80).Concat([500, 4000]).Concat(Enumerable.Range(whole.Length - 22, 22));
        using var victim = new Victim();
        victim.SendControl(ControlFrames.Resume(0));
        foreach (var length in lengths)
        {
            victim.SendData(whole[..length]);
            victim.CloseData();
        }

        victim.SendData(whole);
        victim.Handler.WaitFor(handler => handler.Tensors.Count == 1);
        Assert.Equal([1, 2, 3], victim.Handler.Tensors[0].Message);
        victim.Handler.WaitFor(handler => handler.Opened.All(tensors => tensors.IsEndedOnce), "the end of all that was begun");
    }

    private static byte[] Prefixed(int length, byte[] body)
    {
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        body.CopyTo(frame, 4);
        return frame;
    }

    private static byte[] Head(DataFrameKind kind, int length, long number)
    {
        var bytes = new byte[DataFrameHead.Bytes];
        new DataFrameHead(kind, length, number).Write(bytes);
        return bytes;
    }

    private static byte[] Resume(long upTo = 0, params long[] beyond)
    {
        var body = new DataResume(8192, beyond).Encode();
        return [.. Head(DataFrameKind.Resume, body.Length, upTo), .. body];
    }

    private static byte[] Begin(long number, int elements)
    {
        var body = new TransferBeginning(ActorAddress.Coordinator, SentTensors.Weights(number), elements * 4L).Encode();
        return [.. Head(DataFrameKind.Begin, body.Length, number), .. body];
    }

    private static byte[] Chunk(long number, int bytes) => [.. Head(DataFrameKind.Chunk, bytes, number), .. new byte[bytes]];

    /// <summary>A link whose peer is a pair of bare sockets.</summary>
    private sealed class Victim : IDisposable
    {
        private readonly ProcessId peer = ProcessId.New();
        private readonly Socket control;
        private readonly Link link;
        private Socket? data;

        public Victim()
        {
            var (dialling, accepting) = Loopback.Sockets();
            control = dialling;
            Handler.Shape = _ => [Elements];
            Handler.OnMessage = (_, message) =>
            {
                if (message.AsSpan().SequenceEqual("refuse"u8))
                {
                    throw new WireFormatException("the handler says no");
                }
            };
            link = Link.Accepting(new LinkOptions { Handler = Handler, PeerName = "worker-3", Limits = Limits }, Loopback.Proved(accepting, ConnectionPurpose.Control, peer), () => [1]);
            link.Start();
        }

        public RecordingHandler Handler { get; } = new();

        public void SendControl(byte[] bytes) => control.Send(bytes);

        public void SendData(byte[] bytes)
        {
            var (dialling, accepting) = Loopback.Sockets();
            data = dialling;
            link.Attach(Loopback.Proved(accepting, ConnectionPurpose.Data, peer));
            data.Send(bytes);
        }

        public void CloseData() => data!.Close();

        public void AssertDropped(string offence, string sentence)
        {
            var (reason, isOrderly) = Handler.WaitForEnding();
            Assert.True(reason.StartsWith("worker-3 is dropped: ", StringComparison.Ordinal) && reason.Contains(sentence, StringComparison.Ordinal), $"{offence}: {reason}");
            Assert.False(isOrderly);
            Assert.All(Handler.Opened, tensors => Assert.True(tensors.IsEndedOnce));
        }

        public void Dispose()
        {
            link.Close("the test is over");
            Handler.WaitForEnding();
            control.Dispose();
            data?.Dispose();
        }
    }
}
