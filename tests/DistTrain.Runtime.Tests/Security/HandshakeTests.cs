using System.Text;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Security.Handshake;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>The handshake as bytes in and decisions out: who is let in, and everything that a stranger may try.</summary>
public sealed class HandshakeTests
{
    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("disttrain");

    [Fact]
    public void Both_sides_know_each_other_after_four_frames()
    {
        var conversation = new Conversation { Purpose = ConnectionPurpose.Status };
        var (client, server) = conversation.Run();
        Assert.Equal(new HandshakeResult(null, false, conversation.ServerId, ConnectionPurpose.Status, Exchange.Version), client);
        Assert.Equal(new HandshakeResult(null, false, conversation.ClientId, ConnectionPurpose.Status, Exchange.Version), server);
        Assert.Equal(4, conversation.Frames.Count);
    }

    [Fact]
    public void Without_secrets_and_certificates_versions_are_still_compared()
    {
        var none = (Array.Empty<byte>(), Array.Empty<byte>());
        var conversation = new Conversation { ClientSecret = [], ServerSecret = [], SeenByClient = none, SeenByServer = none };
        var (client, server) = conversation.Run();
        Assert.Equal((null, null), (client!.Value.Fault, server!.Value.Fault));
        Assert.Equal(ConnectionFault.OtherVersion, Answer(conversation.NewServer(), Hello(version: 2)));
    }

    [Fact]
    public void The_secret_is_never_sent()
    {
        var conversation = new Conversation();
        conversation.Run();
        Assert.All(conversation.Frames, frame => Assert.Equal(-1, frame.AsSpan().IndexOf(Credentials.Secret.AsSpan(0, 8))));
    }

    [Fact]
    public void A_byte_at_a_time_does_as_well_and_no_byte_behind_the_handshake_is_taken()
    {
        var conversation = new Conversation();
        conversation.Run();
        var server = conversation.NewServer();
        byte[] stream = [.. conversation.Frames[0], .. conversation.Frames[2], 1, 2, 3];
        Assert.Equal(stream.Length - 3, Conversation.Deliver(server, stream, atOnce: 1));
        Assert.Null(server.Result!.Value.Fault);
        var client = conversation.NewClient();
        stream = [.. conversation.Frames[1], .. conversation.Frames[3], 1, 2, 3];
        Assert.Equal(stream.Length - 3, Conversation.Deliver(client, stream, atOnce: 1));
        Assert.Null(client.Result!.Value.Fault);
    }

    [Fact]
    public void A_connection_that_ends_anywhere_before_the_end_is_nobodys()
    {
        var conversation = new Conversation();
        conversation.Run();
        foreach (var isServer in new[] { true, false })
        {
            byte[] stream = isServer ? [.. conversation.Frames[0], .. conversation.Frames[2]] : [.. conversation.Frames[1], .. conversation.Frames[3]];
            for (var length = 0; length < stream.Length; length++)
            {
                Exchange side = isServer ? conversation.NewServer() : conversation.NewClient();
                Conversation.Deliver(side, stream.AsSpan(0, length));
                Assert.Null(side.Result);
                side.Ended();
                Assert.Equal(ConnectionFault.Closed, side.Result!.Value.Fault);
            }
        }
    }

    [Fact]
    public void Whoever_gets_a_frame_with_any_bit_changed_lets_nobody_in()
    {
        var lengths = new Conversation();
        lengths.Run();
        for (var changed = 0; changed < 4; changed++)
        {
            for (var bit = 0; bit < lengths.Frames[changed].Length * 8; bit++)
            {
                var (client, server) = new Conversation().Run((frame, bytes) =>
                {
                    if (frame == changed)
                    {
                        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                    }

                    return bytes;
                });
                Assert.False(client is { Fault: null }, $"the client was content with bit {bit} of frame {changed} changed");
                Assert.False(changed < 3 && server is { Fault: null }, $"the server was content with bit {bit} of frame {changed} changed");
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Exchange.MaximumFrameBytes + 1)]
    [InlineData(0x4745)]
    [InlineData(0xFFFF)]
    public void A_length_that_no_frame_has_is_refused_before_the_frame_is_read(int length)
    {
        foreach (var side in new Exchange[] { new Conversation().NewServer(), new Conversation().NewClient() })
        {
            Assert.Equal(2, Conversation.Deliver(side, [(byte)(length >> 8), (byte)length, .. new byte[100]]));
            Assert.Equal(ConnectionFault.NotDistTrain, side.Result!.Value.Fault);
        }
    }

    [Fact]
    public void What_a_peer_can_make_a_side_keep_is_fixed_and_below_the_limit()
    {
        Assert.InRange(Exchange.KeptBytes, 1, new LinkLimits().MaximumBytesBeforeProof);
        var conversation = new Conversation();
        conversation.Run();
        var inputs = new HandshakeInputs(conversation.ServerId, conversation.ServerNonce, conversation.ServerSecret, default, default);
        TicketRedeemer redeem = conversation.Tickets.Redeem;
        HandshakeServer Challenged()
        {
            var server = new HandshakeServer(inputs, null, redeem);
            Conversation.Deliver(server, conversation.Frames[0]);
            server.TakeOutput();
            return server;
        }

        Challenged();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var server = Challenged();
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Null(server.Result);
        Assert.InRange(taken, Exchange.KeptBytes, new LinkLimits().MaximumBytesBeforeProof);

        // And what is read next has its place there already.
        Assert.InRange(server.Wanted.Length, 1, Exchange.KeptBytes);
    }

    [Fact]
    public void Frames_that_do_not_belong_there_are_refused()
    {
        var good = new Conversation();
        good.Run();
        byte[][] toServer = [good.Frames[1], good.Frames[2], Conversation.Frame(4, 2, 1), Conversation.Frame(9), Conversation.Frame(), Conversation.Frame(1), Conversation.Frame("1", 2)];
        Assert.All(toServer, frame => Assert.Equal(ConnectionFault.NotDistTrain, Answer(good.NewServer(), frame)));
        Assert.All([good.Frames[0], good.Frames[1], Conversation.Frame(4, 2, 1)], frame => Assert.Equal(ConnectionFault.NotDistTrain, Answer(good.NewServer(), [.. good.Frames[0], .. frame])));
        Assert.All([good.Frames[0], good.Frames[3], Conversation.Frame(9)], frame => Assert.Equal(ConnectionFault.NotDistTrain, Answer(good.NewClient(), frame)));
        Assert.All([good.Frames[0], good.Frames[1]], frame => Assert.Equal(ConnectionFault.NotDistTrain, Answer(good.NewClient(), [.. good.Frames[1], .. frame])));
    }

    [Fact]
    public void Fields_that_are_not_what_they_must_be_are_refused()
    {
        var server = new Conversation();
        var id = Conversation.Bytes(ProcessId.New());
        object?[][] hellos =
        [
            [1, Encoding.ASCII.GetBytes("other"), 1, id, 1, new byte[32], null],
            [1, "disttrain", 1, id, 1, new byte[32], null],
            [1, Magic, "1", id, 1, new byte[32], null],
            [1, Magic, 1, new byte[15], 1, new byte[32], null],
            [1, Magic, 1, new byte[17], 1, new byte[32], null],
            [1, Magic, 1, id, 0, new byte[32], null],
            [1, Magic, 1, id, 5, new byte[32], null],
            [1, Magic, 1, id, 0x1_0000_0001L, new byte[32], null],
            [1, Magic, 1, id, 1, new byte[31], null],
            [1, Magic, 1, id, 2, new byte[32], new byte[31]],
            [1, Magic, 1, id, 2, new byte[32], "ticket"],
            [1, Magic, 1, id, 1, new byte[32]],
            [1, Magic, 1, id, 1, new byte[32], null, null],
            [0x1_0000_0001L, Magic, 1, id, 1, new byte[32], null],
        ];
        Assert.All(hellos, hello => Assert.Equal(ConnectionFault.NotDistTrain, Answer(server.NewServer(), Conversation.Frame(hello))));

        // The same without a fault is answered, so it is the faults that were refused.
        Assert.Null(Answer(server.NewServer(), Conversation.Frame(1, Magic, 1, id, 1, new byte[32], null)));
        var trailing = Conversation.Prefixed([.. Conversation.Frame(1, Magic, 1, id, 1, new byte[32], null)[2..], 0xC0]);
        Assert.Equal(ConnectionFault.NotDistTrain, Answer(server.NewServer(), trailing));
    }

    [Fact]
    public void Random_bytes_let_nobody_in_and_break_nothing()
    {
        var random = new Random(1);
        var good = new Conversation();
        good.Run();
        for (var trial = 0; trial < 20_000; trial++)
        {
            var noise = new byte[random.Next(1, 200)];
            random.NextBytes(noise);
            var frame = random.Next(3) switch
            {
                0 => noise,
                1 => Conversation.Prefixed(noise),
                _ => Conversation.Prefixed([(byte)(0x90 + random.Next(8)), (byte)random.Next(6), .. noise]),
            };
            Exchange side = random.Next(2) == 0 ? good.NewServer() : good.NewClient();
            Conversation.Deliver(side, random.Next(2) == 0 ? frame : [.. good.Frames[side is HandshakeServer ? 0 : 1], .. frame]);
            Assert.False(side.Result is { Fault: null });
        }
    }

    [Fact]
    public void Another_version_is_named_by_both_sides()
    {
        var conversation = new Conversation();
        var server = conversation.NewServer();
        Conversation.Deliver(server, Conversation.Frame(1, Magic, 7, "whatever", "that version says"));
        Assert.Equal((ConnectionFault.OtherVersion, 7), (server.Result!.Value.Fault, server.Result.Value.PeerVersion));
        var client = conversation.NewClient();
        Conversation.Deliver(client, server.TakeOutput().Span);
        Assert.Equal((ConnectionFault.OtherVersion, Exchange.Version, true), (client.Result!.Value.Fault, client.Result.Value.PeerVersion, client.Result.Value.IsTold));
        client = conversation.NewClient();
        Conversation.Deliver(client, Conversation.Frame(2, 7, "whatever"));
        Assert.Equal((ConnectionFault.OtherVersion, 7), (client.Result!.Value.Fault, client.Result.Value.PeerVersion));
    }

    [Fact]
    public void Another_secret_is_refused_and_told()
    {
        foreach (var (clients, servers) in new[] { (Credentials.OtherSecret, Credentials.Secret), ([], Credentials.Secret), (Credentials.Secret, []) })
        {
            var (client, server) = new Conversation { ClientSecret = clients, ServerSecret = servers }.Run();
            Assert.Equal((ConnectionFault.WrongSecret, false), (server!.Value.Fault, server.Value.IsTold));
            Assert.Equal((ConnectionFault.WrongSecret, true), (client!.Value.Fault, client.Value.IsTold));
        }
    }

    [Fact]
    public void A_listener_without_the_secret_is_found_out_by_the_client()
    {
        // It lets everybody in, for what it cares.
        var conversation = new Conversation();
        conversation.Run();
        Assert.Equal(ConnectionFault.WrongSecret, Answer(conversation.NewClient(), [.. conversation.Frames[1], .. Conversation.Frame(3, new byte[32])]));
    }

    [Fact]
    public void A_clients_own_proof_sent_back_proves_nothing()
    {
        var conversation = new Conversation();
        conversation.Run();
        Assert.Equal(ConnectionFault.WrongSecret, Answer(conversation.NewClient(), [.. conversation.Frames[1], .. conversation.Frames[2]]));
        Assert.Equal(ConnectionFault.WrongSecret, Answer(conversation.NewServer(), [.. conversation.Frames[0], .. conversation.Frames[3]]));
    }

    [Fact]
    public void A_recorded_proof_is_worth_nothing_the_next_time()
    {
        var conversation = new Conversation();
        conversation.Run();
        var next = new Conversation { ClientId = conversation.ClientId, ServerId = conversation.ServerId, ServerNonce = Conversation.Filled(9) };
        Assert.Equal(ConnectionFault.WrongSecret, Answer(next.NewServer(), [.. conversation.Frames[0], .. conversation.Frames[2]]));
        next = new Conversation { ClientId = conversation.ClientId, ServerId = conversation.ServerId, ClientNonce = Conversation.Filled(9) };
        Assert.Equal(ConnectionFault.WrongSecret, Answer(next.NewClient(), [.. conversation.Frames[1], .. conversation.Frames[3]]));
    }

    [Fact]
    public void Somebody_between_the_two_with_certificates_of_his_own_is_found_out()
    {
        var between = Conversation.Filled(66);
        var honest = (Conversation.Filled(3), Conversation.Filled(4));
        foreach (var seen in new[] { (between, honest.Item2), (honest.Item1, between), (between, between), (honest.Item2, honest.Item1) })
        {
            var (client, server) = new Conversation { SeenByClient = honest, SeenByServer = seen }.Run();
            Assert.Equal((ConnectionFault.WrongSecret, ConnectionFault.WrongSecret), (client!.Value.Fault, server!.Value.Fault));
        }
    }

    [Fact]
    public void A_proof_holds_for_one_purpose_only()
    {
        var status = new Conversation { Purpose = ConnectionPurpose.Status };
        status.Run();
        var control = new Conversation { ClientId = status.ClientId, ServerId = status.ServerId };
        control.Run();
        Assert.Equal(ConnectionFault.WrongSecret, Answer(control.NewServer(), [.. control.Frames[0], .. status.Frames[2]]));
    }

    [Fact]
    public void A_fault_of_the_channel_is_told()
    {
        var (client, server) = new Conversation { FaultOfChannel = ConnectionFault.ExpiredCertificate }.Run();
        Assert.Equal((ConnectionFault.ExpiredCertificate, ConnectionFault.ExpiredCertificate), (client!.Value.Fault, server!.Value.Fault));
        Assert.True(client.Value.IsTold);
    }

    [Fact]
    public void A_process_that_reaches_itself_or_another_than_it_looks_for_is_told()
    {
        var same = ProcessId.New();
        var (client, server) = new Conversation { ClientId = same, ServerId = same }.Run();
        Assert.Equal((ConnectionFault.OwnProcess, ConnectionFault.OwnProcess), (client!.Value.Fault, server!.Value.Fault));
        (client, _) = new Conversation { Expected = ProcessId.New() }.Run();
        Assert.Equal(ConnectionFault.OtherProcess, client!.Value.Fault);
        var expected = ProcessId.New();
        (client, _) = new Conversation { ServerId = expected, Expected = expected }.Run();
        Assert.Null(client!.Value.Fault);
    }

    [Fact]
    public void Every_fault_has_a_sentence_for_both_sides()
    {
        foreach (var fault in Enum.GetValues<ConnectionFault>())
        {
            Assert.NotEqual("", ConnectionFaults.Seen(fault, 7));
            Assert.NotEqual("", ConnectionFaults.Told(fault, 7));
        }
    }

    private static byte[] Hello(int version) => Conversation.Frame(1, Magic, version, Conversation.Bytes(ProcessId.New()), 1, new byte[32], null);

    private static ConnectionFault? Answer(Exchange side, byte[] stream)
    {
        Conversation.Deliver(side, stream);
        Assert.False(side.Result is { Fault: null }, "the bytes were accepted");
        return side.Result?.Fault;
    }
}
