using DistTrain.Engines.Simd.Operations;

namespace DistTrain.Engines.Simd.Tests.Operations;

public sealed class BufferSharingTests
{
    [Fact]
    public void Buffers_in_use_at_the_same_time_never_share()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            BufferLifetime[] lifetimes = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => Draw(random))];
            BufferSharing.Assign(lifetimes);
            foreach (BufferLifetime one in lifetimes)
            {
                Assert.True(one.Buffer.Slot.Length >= one.Buffer.Length);
                Assert.DoesNotContain(lifetimes, other => other.Buffer != one.Buffer && other.Buffer.Slot == one.Buffer.Slot && other.First <= one.Last && one.First <= other.Last);
            }
        }
    }

    [Fact]
    public void Buffers_one_after_the_other_lie_in_the_memory_of_the_longest()
    {
        BufferLifetime[] lifetimes = [new(new PlannedBuffer(10), 0, 2), new(new PlannedBuffer(30), 3, 4), new(new PlannedBuffer(20), 5, 9)];
        BufferSharing.Assign(lifetimes);
        BufferSlot slot = Assert.Single(lifetimes.Select(lifetime => lifetime.Buffer.Slot).Distinct());
        Assert.Equal(30, slot.Length);
    }

    [Fact]
    public void The_smallest_free_memory_that_is_long_enough_is_taken()
    {
        BufferLifetime[] lifetimes = [new(new PlannedBuffer(50), 0, 1), new(new PlannedBuffer(20), 0, 1), new(new PlannedBuffer(10), 0, 1), new(new PlannedBuffer(15), 2, 3)];
        BufferSharing.Assign(lifetimes);
        Assert.Same(lifetimes[1].Buffer.Slot, lifetimes[3].Buffer.Slot);
    }

    private static BufferLifetime Draw(Random random)
    {
        int first = random.Next(20);
        return new BufferLifetime(new PlannedBuffer(random.Next(1, 100)), first, first + random.Next(10));
    }
}
