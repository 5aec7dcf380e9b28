using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Cluster;

public class MessageOrderTests
{
    private static readonly ActorAddress Server = ActorAddress.Of(new ShardId(0));
    private static readonly ActorAddress Worker = ActorAddress.Of(new WorkerId(1));

    [Fact]
    public void Numbers_count_each_pair_of_actors_by_itself()
    {
        var order = new MessageOrder(8);

        Assert.Equal([1, 2], [order.Next(Server, Worker), order.Next(Server, Worker)]);
        Assert.Equal(1, order.Next(Server, ActorAddress.Coordinator));
        Assert.Equal(3, order.Next(Server, Worker));
    }

    [Fact]
    public void Every_order_of_arrival_is_handed_over_in_the_order_of_sending()
    {
        foreach (var arrival in Permutations([1L, 2, 3, 4]))
        {
            var order = new MessageOrder(8);

            var handedOver = arrival.SelectMany(number => order.Arrived(Envelope(number))).Select(envelope => envelope.Number);

            Assert.Equal([1, 2, 3, 4], handedOver);
        }
    }

    [Fact]
    public void Messages_of_one_pair_do_not_wait_for_another()
    {
        var order = new MessageOrder(8);

        Assert.Empty(order.Arrived(Envelope(2)));
        Assert.Single(order.Arrived(Envelope(1) with { From = ActorAddress.Coordinator }));
    }

    [Fact]
    public void A_number_that_was_used_is_refused()
    {
        var order = new MessageOrder(8);
        order.Arrived(Envelope(1));
        order.Arrived(Envelope(3));

        Assert.Throws<WireFormatException>(() => order.Arrived(Envelope(1)));
        Assert.Throws<WireFormatException>(() => order.Arrived(Envelope(3)));
    }

    [Fact]
    public void Only_so_many_wait_for_one_that_is_missing()
    {
        var order = new MessageOrder(2);
        order.Arrived(Envelope(2));
        order.Arrived(Envelope(3));

        var refusal = Assert.Throws<WireFormatException>(() => order.Arrived(Envelope(4)));

        Assert.Contains("1 is the next, and 2 wait for it", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_one_that_is_missing_is_taken_however_many_wait()
    {
        var order = new MessageOrder(2);
        order.Arrived(Envelope(2));
        order.Arrived(Envelope(3));

        Assert.Equal([1, 2, 3], order.Arrived(Envelope(1)).Select(envelope => envelope.Number));
    }

    private static ActorEnvelope Envelope(long number) => new(Server, Worker, number, new ReleaseVersion(default, new WeightVersion(number)));

    private static IEnumerable<long[]> Permutations(long[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany((item, i) => Permutations([.. items[..i], .. items[(i + 1)..]]).Select(rest => (long[])[item, .. rest]));
}
