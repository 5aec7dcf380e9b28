using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Numerics;

public sealed class CounterBasedRandomTests
{
    [Fact]
    public void Words_are_the_generator_at_counters_position_and_stream()
    {
        const ulong Seed = 0x0123456789ABCDEF;
        var random = new CounterBasedRandom(Seed, 0xFEDCBA9876543210);
        for (uint block = 0; block < 3; block++)
        {
            Philox4x32.Words words = Philox4x32.Generate(Seed, new(block, 0, 0x76543210, 0xFEDCBA98));
            Assert.Equal(words, new(random.NextUInt(), random.NextUInt(), random.NextUInt(), random.NextUInt()));
        }
    }

    [Fact]
    public void First_values_are_pinned()
    {
        var random = new CounterBasedRandom(42, 7);
        Assert.Equal(1743679276u, random.NextUInt());
        Assert.Equal(16524851402908813877ul, random.NextULong());
        Assert.Equal(0.33379507f, random.UniformFloat());
        Assert.Equal(0.8979173452535725, random.UniformDouble());
        Assert.Equal(561u, random.BoundedUInt(1000));
        Assert.Equal(0.5713681944089908, random.Normal());
        Assert.Equal(-1.863057794803787, random.Normal());
    }

    [Fact]
    public void Bounded_numbers_are_unbiased_where_plain_scaling_is_not()
    {
        // With this bound a third of the words must be rejected; without rejection the lower half would appear half again as often.
        const uint Bound = 3u << 30;
        var random = new CounterBasedRandom(1, 2);
        int multiplesOfThree = 0;
        const int Draws = 90_000;
        for (int i = 0; i < Draws; i++)
        {
            uint value = random.BoundedUInt(Bound);
            Assert.InRange(value, 0u, Bound - 1);
            multiplesOfThree += value % 3 == 0 ? 1 : 0;
        }

        // Unbiased: 30,000 with a deviation of 141. Plain scaling of 32 bits by 3/4 would give every third value double weight: 45,000.
        Assert.InRange(multiplesOfThree, 29_300, 30_700);
    }

    [Fact]
    public void Every_bound_from_one_up_is_reached_and_zero_is_refused()
    {
        var random = new CounterBasedRandom(3, 4);
        for (uint bound = 1; bound < 20; bound++)
        {
            var seen = new HashSet<uint>();
            for (int i = 0; i < 600; i++)
            {
                seen.Add(random.BoundedUInt(bound));
            }

            Assert.Equal((int)bound, seen.Count);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => random.BoundedUInt(0));
    }

    [Fact]
    public void Uniform_and_normal_numbers_have_their_moments()
    {
        const int Draws = 200_000;
        var random = new CounterBasedRandom(11, 0);
        double uniform = 0, sum = 0, squares = 0, fourth = 0;
        for (int i = 0; i < Draws; i++)
        {
            float u = random.UniformFloat();
            Assert.InRange(u, 0f, BitConverter.Int32BitsToSingle(0x3F7FFFFF));
            uniform += u;
            double z = random.Normal();
            sum += z;
            squares += z * z;
            fourth += z * z * z * z;
        }

        Assert.InRange(uniform / Draws, 0.497, 0.503);
        Assert.InRange(sum / Draws, -0.01, 0.01);
        Assert.InRange(squares / Draws, 0.985, 1.015);
        Assert.InRange(fourth / Draws, 2.9, 3.1);
    }

    [Fact]
    public void A_copy_continues_by_itself_and_streams_differ()
    {
        var first = new CounterBasedRandom(5, 0);
        first.NextUInt();
        CounterBasedRandom copy = first;
        Assert.True(copy == first);
        Assert.Equal(first.NextULong(), copy.NextULong());
        var other = new CounterBasedRandom(5, 1);
        other.NextUInt();
        Assert.True(other != first);
        Assert.NotEqual(first.NextULong(), other.NextULong());
    }
}
