using System.Diagnostics;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Links;

public class LinkRulesTests
{
    private const int Megabyte = 1 << 20;

    public static TheoryData<TensorKey> Keys =>
    [
        new WeightsKey(new Incarnation(long.MaxValue), new ShardId(int.MaxValue), new WeightVersion(0)),
        new StateKey(new Incarnation(1), new ShardId(2), new WeightVersion(3), 4),
        new GradientKey(new Incarnation(1), new ShardId(2), new WeightVersion(3), new WorkerId(4), new SessionNumber(5), new TreeNode(6, 7)),
        new GradientKey(new Incarnation(long.MaxValue), new ShardId(int.MaxValue), new WeightVersion(long.MaxValue), new WorkerId(int.MaxValue), new SessionNumber(long.MaxValue), new TreeNode(0, int.MaxValue - 1)),
    ];

    [Theory]
    [MemberData(nameof(Keys))]
    public void What_is_said_before_a_transfer_is_understood_and_short_enough(TensorKey key)
    {
        var beginning = new TransferBeginning(ActorAddress.Of(new WorkerId(int.MaxValue)), key, long.MaxValue - 3);
        var bytes = beginning.Encode();
        Assert.InRange(bytes.Length, 1, DataFrameHead.LongestBeginning);
        Assert.Equal(beginning, TransferBeginning.Decode(bytes, new WireLimits()));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => TransferBeginning.Decode(bytes.AsSpan(0, length), new WireLimits()));
        }
    }

    [Fact]
    public void Attempts_come_at_once_then_after_doubled_delays_up_to_a_bound_of_which_a_part_is_random()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500));
        Assert.Equal([0, 5, 10, 20, 40, 80, 160, 250, 250], Enumerable.Range(0, 9).Select(failures => backoff.DelayBefore(failures, 0).TotalMilliseconds));
        Assert.Equal(7.5, backoff.DelayBefore(1, 0.5).TotalMilliseconds);
        Assert.Equal(375, backoff.DelayBefore(int.MaxValue, 0.5).TotalMilliseconds);
    }

    [Fact]
    public void The_window_follows_the_rate_between_its_bounds()
    {
        Assert.Equal(4 * Megabyte, WindowAt(megabytesPerSecond: 10));
        Assert.InRange(WindowAt(megabytesPerSecond: 100), 19 * Megabyte, 21 * Megabyte);
        Assert.Equal(256 * Megabyte, WindowAt(megabytesPerSecond: 4000));
    }

    [Fact]
    public void Grants_never_go_down_and_never_leave_a_chunk_waiting()
    {
        var random = new Random(3);
        var window = new CreditWindow(2 * 4096, 64 * 4096);
        var granted = window.GrantedBytes;
        var now = 1L;
        for (var chunk = 0; chunk < 10_000; chunk++)
        {
            Assert.True(granted - window.ReceivedBytes >= 4096);
            now += random.NextInt64(Stopwatch.Frequency / (chunk % 1000 < 500 ? 100_000 : 50));
            var isTold = window.Receive(now, random.Next(1, 4097));
            Assert.True(window.GrantedBytes >= granted);
            Assert.Equal(isTold, window.GrantedBytes > granted);
            granted = window.GrantedBytes;
        }
    }

    [Fact]
    public void A_long_pause_is_not_part_of_a_rate()
    {
        var meter = new RateMeter();
        var now = 1L;
        for (var burst = 0; burst < 20; burst++)
        {
            for (var i = 0; i < 100; i++)
            {
                now += Stopwatch.Frequency / 1000;
                meter.Add(now, 1000);
            }

            now += Stopwatch.Frequency;
        }

        Assert.InRange(meter.BytesPerSecond!.Value, 990_000, 1_010_000);
    }

    [Fact]
    public void Transfers_take_turns_the_first_that_came_and_the_one_with_the_least_left()
    {
        OutgoingTransfer[] transfers = [Transfer(1, 1000), Transfer(2, 600), Transfer(3, 100), Transfer(4, 600)];
        Assert.Equal([1, 3, 1, 3], Enumerable.Range(0, 4).Select(turn => TransferTurns.Next(transfers, turn).Number));
        Assert.Equal([2, 2], Enumerable.Range(0, 2).Select(turn => TransferTurns.Next([transfers[1], transfers[3]], turn).Number));
    }

    [Fact]
    public void A_transfer_gives_its_segments_piece_by_piece_and_anew_after_a_restart()
    {
        var transfer = Transfer(1, 0, 3, 0, 2, 0);
        for (var time = 0; time < 2; time++)
        {
            Assert.Equal(2, transfer.TakePiece(8).Length);
            Assert.Equal(1, transfer.TakePiece(100).Length);
            Assert.Equal(2, transfer.TakePiece(100).Length);
            Assert.Equal(0, transfer.RemainingBytes);
            transfer.Restart();
        }
    }

    [Fact]
    public void Whole_transfers_are_known_by_their_numbers()
    {
        var whole = new WholeTransfers();
        whole.Add(2);
        whole.Add(4);
        Assert.Equal((0L, 1L, 3L, 5L), (whole.UpTo, whole.NextAfter(0), whole.NextAfter(1), whole.NextAfter(3)));
        whole.Add(1);
        Assert.Equal(2, whole.UpTo);
        Assert.Equal([4], whole.Beyond);
        whole.Add(3);
        Assert.Equal((4L, 5L), (whole.UpTo, whole.NextAfter(0)));
    }

    [Fact]
    public void Limits_that_contradict_each_other_are_refused()
    {
        new LinkLimits().Check();
        Assert.Contains("SmallestCreditBytes", Refused(new LinkLimits { SmallestCreditBytes = 4096 }), StringComparison.Ordinal);
        Assert.Contains("SilenceDeadline", Refused(new LinkLimits { SilenceDeadline = TimeSpan.FromMilliseconds(300) }), StringComparison.Ordinal);
        Assert.Contains("ChunkBytes", Refused(new LinkLimits { ChunkBytes = 4097 }), StringComparison.Ordinal);
        Assert.Contains("LargestCreditBytes", Refused(new LinkLimits { LargestCreditBytes = 1 }), StringComparison.Ordinal);
    }

    private static OutgoingTransfer Transfer(int number, params int[] lengths) => new(number, ActorAddress.Coordinator, new SentTensors(SentTensors.Weights(number), lengths), []);

    private static string Refused(LinkLimits limits) => Assert.Throws<InvalidInputException>(limits.Check).Message;

    private static long WindowAt(int megabytesPerSecond)
    {
        var window = new CreditWindow(4 * Megabyte, 256 * Megabyte);
        var now = 1L;
        for (var chunk = 0; chunk < 20_000; chunk++)
        {
            now += Stopwatch.Frequency / (4L * megabytesPerSecond);
            window.Receive(now, Megabyte / 4);
        }

        return window.WindowBytes;
    }
}
