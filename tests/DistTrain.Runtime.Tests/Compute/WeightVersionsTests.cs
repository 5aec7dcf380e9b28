using DistTrain.Actors;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Tests.Compute;

public class WeightVersionsTests
{
    private static readonly ShardId First = new(0);
    private static readonly ShardId Second = new(1);
    private readonly WeightVersions versions = new(4);

    [Fact]
    public void A_buffer_is_used_again_only_when_nobody_holds_or_reads_its_version()
    {
        var first = versions.BeginWriting(Key(0), First)!;
        versions.EndWriting(Key(0), First);
        versions.AddHolder(Key(0));
        var lease = versions.Read(Key(0), First);
        versions.Release(Key(0));
        versions.Release(Key(0));
        Assert.NotSame(first, versions.BeginWriting(Key(1), First));
        lease.Dispose();
        Assert.Same(first, versions.BeginWriting(Key(2), First));
        Assert.Equal(2, versions.BufferCount);
    }

    [Fact]
    public void A_version_that_nobody_holds_cannot_be_read()
    {
        versions.BeginWriting(Key(3), First);
        versions.EndWriting(Key(3), First);
        versions.Release(Key(3));
        Assert.Throws<InvalidOperationException>(() => versions.Read(Key(3), First));
    }

    [Fact]
    public void Shards_write_their_parts_into_one_buffer_and_all_of_it_is_read_only_when_all_have()
    {
        var buffer = versions.BeginWriting(Key(1), First);
        Assert.Same(buffer, versions.BeginWriting(Key(1), Second));
        versions.EndWriting(Key(1), Second);
        versions.Read(Key(1), Second).Dispose();
        Assert.Throws<InvalidOperationException>(() => versions.Read(Key(1), First));
        Assert.Throws<InvalidOperationException>(() => versions.ReadWhole(Key(1), 2));
        versions.EndWriting(Key(1), First);
        versions.ReadWhole(Key(1), 2).Dispose();
    }

    [Fact]
    public void A_part_is_written_once_and_after_a_writer_gave_up_by_another()
    {
        Assert.NotNull(versions.BeginWriting(Key(1), First));
        Assert.Null(versions.BeginWriting(Key(1), First));
        versions.AbandonWriting(Key(1), First);
        Assert.NotNull(versions.Lacking(Key(1), First));
        Assert.NotNull(versions.BeginWriting(Key(1), First));
        versions.EndWriting(Key(1), First);
        Assert.Null(versions.BeginWriting(Key(1), First));
        Assert.Null(versions.Lacking(Key(1), First));
    }

    [Fact]
    public void Equal_numbers_of_two_incarnations_are_two_versions()
    {
        var earlier = versions.BeginWriting(new VersionKey(new Incarnation(1), new WeightVersion(5)), First);
        var later = versions.BeginWriting(new VersionKey(new Incarnation(2), new WeightVersion(5)), First);
        Assert.NotNull(later);
        Assert.NotSame(earlier, later);
    }

    private static VersionKey Key(long version) => new(new Incarnation(1), new WeightVersion(version));
}
