using System.Buffers.Binary;
using System.Net.Sockets;
using DistTrain.Actors;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Links;

public class ReconnectionTests
{
    private static readonly ActorAddress Receiver = ActorAddress.Of(new ShardId(0));
    private static readonly LinkLimits Impatient = new() { HeartbeatInterval = TimeSpan.FromMilliseconds(20), SilenceDeadline = TimeSpan.FromMilliseconds(300), ReconnectDeadline = TimeSpan.FromMilliseconds(400) };

    /// <summary>Hundreds of cuts at any byte while small messages and tensors of all sizes flow both ways: everything arrives once, the messages in order, the tensors whole.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Connections_that_are_cut_at_any_byte_lose_and_double_nothing(int seed)
    {
        const int MessageCount = 3000;
        const int TransferCount = 150;
        var random = new Random(seed);
        var cuts = 0;
        using var pair = new LinkPair(starts: false, limits: new LinkLimits { ChunkBytes = 4 << 10, SmallestCreditBytes = 64 << 10, LargestCreditBytes = 64 << 10, ReconnectDeadline = TimeSpan.FromSeconds(60), MaximumOpenTransfers = 8 });
        var isCutting = true;
        pair.Connect = () =>
        {
            lock (random)
            {
                cuts++;
                return Volatile.Read(ref isCutting) ? CuttingProxy.Connect(random.Next(1, 1 << random.Next(3, 20)), random.Next(2) == 0) : Loopback.Sockets();
            }
        };
        int[] ShapeOf(long version) => [(int)(version * 7919 % 12_000), 3, (int)(version % 5)];
        pair.DiallingSide.Shape = pair.AcceptingSide.Shape = key => ShapeOf(key.Version.Value);
        pair.Start();
        var sent = new List<SentTensors>();
        for (var i = 0; i < MessageCount; i++)
        {
            var number = new byte[4 + (i % 300)];
            BinaryPrimitives.WriteInt32LittleEndian(number, i);
            pair.Dialling.Send(number);
            pair.Accepting.Send(number);
            if (i % (MessageCount / TransferCount) == 0)
            {
                var version = (i / (MessageCount / TransferCount)) + 1;
                foreach (var link in new ILink[] { pair.Dialling, pair.Accepting })
                {
                    sent.Add(new SentTensors(SentTensors.Weights(version), ShapeOf(version)));
                    link.Send(Receiver, sent[^1], number);
                }

                Thread.Sleep(1);
            }
        }

        foreach (var side in new[] { pair.DiallingSide, pair.AcceptingSide })
        {
            side.WaitFor(handler => handler.Tensors.Count == TransferCount, "the tensors");
            Volatile.Write(ref isCutting, false);
            side.WaitFor(handler => handler.Messages.Count == MessageCount, "the messages");
            Assert.Equal(Enumerable.Range(0, MessageCount), side.Messages.Select(message => BinaryPrimitives.ReadInt32LittleEndian(message)));
            Assert.Equal(Enumerable.Range(1, TransferCount), side.Tensors.Select(tensors => (int)tensors.Key.Version.Value).Order());
            Assert.All(side.Tensors, SentTensors.AssertWhole);
        }

        pair.DiallingSide.WaitFor(_ => sent.TrueForAll(tensors => tensors.IsReleasedOnce), "the acknowledgements");
        Assert.All(pair.DiallingSide.Opened.Concat(pair.AcceptingSide.Opened), tensors => Assert.True(tensors.IsEndedOnce));
        Assert.InRange(cuts, 100, int.MaxValue);
    }

    [Fact]
    public void An_interruption_is_told_and_so_is_its_end()
    {
        using var pair = new LinkPair();
        pair.WaitForData();
        pair.LastData!.Shutdown(SocketShutdown.Both);
        pair.DiallingSide.WaitFor(handler => handler.Changes.Any(sentence => sentence.StartsWith("coordinator: the data connection works again", StringComparison.Ordinal)), "the end of the interruption");
        Assert.Equal(1, pair.Dialling.Statistics.Reconnections);
    }

    [Fact]
    public void A_peer_that_cannot_be_reached_any_more_is_lost_on_both_sides_with_what_was_seen()
    {
        var pair = new LinkPair(Impatient);
        pair.WaitForData();
        pair.Connect = () => throw new SocketException((int)SocketError.ConnectionRefused);
        pair.LastData!.Shutdown(SocketShutdown.Both);
        foreach (var side in new[] { pair.DiallingSide, pair.AcceptingSide })
        {
            // Whichever side gives up first tells the other.
            var (reason, isOrderly) = side.WaitForEnding();
            Assert.False(isOrderly);
            Assert.Matches("is lost: .* on its data connection, and no new one was made within 0.4 s( \\(Connection refused\\))?$", reason);
        }
    }

    [Fact]
    public void Tensors_under_way_are_let_go_of_when_the_link_is_lost()
    {
        var pair = new LinkPair(Impatient);
        pair.WaitForData();
        pair.AcceptingSide.Shape = _ => [30 << 20];
        var tensors = new SentTensors(SentTensors.Weights(1), 30 << 20);
        pair.Connect = () => throw new IOException("gone");
        pair.Dialling.Send(Receiver, tensors, []);
        pair.AcceptingSide.WaitFor(handler => handler.Opened.Count == 2, "the beginning of the transfer");
        pair.LastData!.Close();
        pair.DiallingSide.WaitForEnding();
        pair.AcceptingSide.WaitForEnding();
        Assert.True(tensors.IsReleasedOnce);
        Assert.True(pair.AcceptingSide.Opened.All(opened => opened.IsEndedOnce));
    }

    [Fact]
    public void Another_process_at_the_same_place_means_that_the_first_is_gone()
    {
        var pair = new LinkPair();
        pair.WaitForData();
        pair.Impostor = ProcessId.New();
        pair.LastData!.Shutdown(SocketShutdown.Both);
        Assert.Equal(("coordinator is lost: its process has ended, another one is in its place", false), pair.DiallingSide.WaitForEnding());
        Assert.False(pair.AcceptingSide.WaitForEnding().IsOrderly);
    }

    [Fact]
    public void A_connection_of_another_process_is_not_attached()
    {
        var pair = new LinkPair();
        var (_, accepting) = Loopback.Sockets();
        pair.Accepting.Attach(Loopback.Proved(accepting, ConnectionPurpose.Control, ProcessId.New()));
        Assert.Equal(("worker-3 is lost: its process has ended, another one is in its place", false), pair.AcceptingSide.WaitForEnding());
        pair.DiallingSide.WaitForEnding();
    }

    [Fact]
    public void A_peer_that_says_nothing_is_lost_with_how_long_it_was_silent()
    {
        var (own, peers) = Loopback.Sockets();
        var handler = new RecordingHandler();
        var link = Link.Accepting(new LinkOptions { Handler = handler, PeerName = "worker-3", Limits = Impatient with { ProofDeadline = TimeSpan.FromMilliseconds(100) } }, Loopback.Proved(own, ConnectionPurpose.Control, ProcessId.New()), () => []);
        link.Start();
        Assert.Matches("^worker-3 is lost: silent for [0-9.]+ s on its control connection, and no new one was made within 0.4 s$", handler.WaitForEnding().Reason);
        peers.Dispose();
    }

    /// <summary>Nobody reads at the other end: the caller goes on at once, and what waits is bounded.</summary>
    [Fact]
    public void A_peer_that_does_not_read_never_makes_a_sender_wait_and_is_dropped_when_the_queue_is_full()
    {
        var (own, peers) = Loopback.Sockets();
        var handler = new RecordingHandler();
        var limits = new LinkLimits { MaximumQueuedMessages = 1000 };
        var link = Link.Accepting(new LinkOptions { Handler = handler, PeerName = "worker-3", Limits = limits }, Loopback.Proved(own, ConnectionPurpose.Control, ProcessId.New()), () => []);
        link.Start();
        peers.Send(ControlFrames.Resume(0));
        for (var i = 0; i < 1001; i++)
        {
            link.Send(new byte[100_000]);
        }

        Assert.Matches("worker-3 is dropped: 1,001 messages of .* bytes wait for it, and it does not take them", handler.WaitForEnding().Reason);
        peers.Dispose();
    }
}
