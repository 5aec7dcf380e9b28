using DistTrain.Actors;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Tests.Compute;

public class WeightVersionsTests
{
    [Fact]
    public void A_buffer_is_used_again_only_when_nobody_holds_or_reads_its_version()
    {
        var versions = new WeightVersions(4);
        var first = versions.Take();
        versions.Publish(new WeightVersion(0), first);
        versions.AddHolder(new WeightVersion(0));
        var lease = versions.Read(new WeightVersion(0));
        versions.Release(new WeightVersion(0));
        versions.Release(new WeightVersion(0));
        Assert.NotSame(first, versions.Take());
        lease.Dispose();
        Assert.Same(first, versions.Take());
        Assert.Equal(2, versions.BufferCount);
    }

    [Fact]
    public void A_version_that_nobody_holds_cannot_be_read()
    {
        var versions = new WeightVersions(4);
        versions.Publish(new WeightVersion(3), versions.Take());
        versions.Release(new WeightVersion(3));
        Assert.Throws<InvalidOperationException>(() => versions.Read(new WeightVersion(3)));
    }
}
