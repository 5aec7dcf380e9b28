using System.Buffers.Binary;
using DistTrain.Actors;
using DistTrain.Runtime.Links;

namespace DistTrain.Runtime.Tests.Links;

public class LinkTests
{
    private static readonly ActorAddress Receiver = ActorAddress.Of(new WorkerId(3));

    [Fact]
    public void Messages_arrive_in_order_both_ways()
    {
        using var pair = new LinkPair();
        for (var i = 0; i < 5000; i++)
        {
            pair.Dialling.Send(Number(i));
            pair.Accepting.Send(Number(-i));
        }

        pair.AcceptingSide.WaitFor(handler => handler.Messages.Count == 5000);
        pair.DiallingSide.WaitFor(handler => handler.Messages.Count == 5000);
        Assert.Equal(Enumerable.Range(0, 5000), pair.AcceptingSide.Messages.Select(Number));
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => -i), pair.DiallingSide.Messages.Select(Number));
    }

    [Fact]
    public void The_longest_message_arrives_and_a_longer_one_is_not_taken()
    {
        using var pair = new LinkPair();
        var longest = new byte[new LinkLimits().Wire.MaximumFrameBytes];
        new Random(1).NextBytes(longest);
        pair.Dialling.Send([]);
        pair.Dialling.Send(longest);
        pair.AcceptingSide.WaitFor(handler => handler.Messages.Count == 2);
        Assert.Empty(pair.AcceptingSide.Messages[0]);
        Assert.Equal(longest, pair.AcceptingSide.Messages[1]);
        Assert.Throws<ArgumentException>(() => pair.Dialling.Send(new byte[longest.Length + 1]));
    }

    [Fact]
    public void Tensors_arrive_whole_with_their_message_and_are_released_at_the_acknowledgement()
    {
        using var pair = new LinkPair();
        int[] shape = [10, 300_000, 1, 65_536, 7];
        pair.AcceptingSide.Shape = _ => shape;
        var sent = Enumerable.Range(1, 20).Select(version => new SentTensors(SentTensors.Weights(version), shape)).ToArray();
        foreach (var tensors in sent)
        {
            pair.Dialling.Send(Receiver, tensors, Number((int)tensors.Key.Version.Value));
        }

        pair.AcceptingSide.WaitFor(handler => handler.Tensors.Count == sent.Length);
        foreach (var received in pair.AcceptingSide.Tensors)
        {
            Assert.Equal(Receiver, received.Receiver);
            Assert.Equal(received.Key.Version.Value, Number(received.Message));
            SentTensors.AssertWhole(received);
        }

        pair.DiallingSide.WaitFor(_ => sent.All(tensors => tensors.IsReleasedOnce), "the acknowledgements");
    }

    [Fact]
    public void Transfers_without_any_number_and_with_one_arrive_too()
    {
        using var pair = new LinkPair();
        pair.DiallingSide.Shape = key => key.Version.Value == 1 ? [] : key.Version.Value == 2 ? [0, 0] : [1];
        foreach (var version in new[] { 1, 2, 3 })
        {
            pair.Accepting.Send(Receiver, new SentTensors(SentTensors.Weights(version), pair.DiallingSide.Shape(SentTensors.Weights(version))), [1]);
        }

        pair.DiallingSide.WaitFor(handler => handler.Tensors.Count == 3);
        Assert.All(pair.DiallingSide.Tensors, SentTensors.AssertWhole);
    }

    [Fact]
    public void Closing_tells_the_peer_behind_everything_that_was_said_before()
    {
        using var pair = new LinkPair();
        for (var i = 0; i < 100; i++)
        {
            pair.Dialling.Send(Number(i));
        }

        pair.Dialling.Close("the run is over");
        Assert.Equal(("the run is over", true), pair.AcceptingSide.WaitForEnding());
        Assert.Equal(("the run is over", true), pair.DiallingSide.WaitForEnding());
        Assert.Equal(100, pair.AcceptingSide.Messages.Count);
        Assert.Empty(pair.DiallingSide.Changes);
    }

    [Fact]
    public void What_is_sent_on_a_link_that_has_ended_is_let_go_of()
    {
        using var pair = new LinkPair();
        pair.Dialling.Close("enough");
        pair.DiallingSide.WaitForEnding();
        var tensors = new SentTensors(SentTensors.Weights(1), 4);
        pair.Dialling.Send(Receiver, tensors, []);
        pair.Dialling.Send([1]);
        Assert.True(tensors.IsReleasedOnce);
    }

    [Fact]
    public void A_link_measures_its_round_trip_and_counts_its_bytes()
    {
        using var pair = new LinkPair(new LinkLimits { HeartbeatInterval = TimeSpan.FromMilliseconds(5) });
        pair.Dialling.Send(new byte[1000]);
        pair.DiallingSide.WaitFor(_ => pair.Dialling.Statistics.RoundTripMilliseconds is not null && pair.Dialling.Statistics.LargestHeartbeatGapMilliseconds is not null, "a round trip");
        var statistics = pair.Dialling.Statistics;
        Assert.True(statistics.BytesSent > 1000);
        Assert.True(statistics.BytesReceived > 0);
        Assert.True(statistics.RoundTripMilliseconds >= 0);
        Assert.Equal(0, statistics.Reconnections);
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static int Number(byte[] message) => BinaryPrimitives.ReadInt32LittleEndian(message);
}
