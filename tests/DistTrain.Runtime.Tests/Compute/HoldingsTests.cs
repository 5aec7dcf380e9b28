using DistTrain.Actors;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Tests.Compute;

public class HoldingsTests
{
    private static readonly ActorAddress Worker = ActorAddress.Of(new WorkerId(1));
    private static readonly ActorAddress Server = ActorAddress.Of(new ShardId(0));

    private readonly WeightVersions weights = new(4);
    private readonly GradientBuffers gradients = new(4);

    [Fact]
    public void A_gradient_lives_until_sender_and_receiver_have_let_go()
    {
        var holdings = new Holdings(weights, gradients);
        var handle = Compute(holdings);
        holdings.Share(Server, new Contribution(default, new WorkerId(1), new StepNumber(1), new ShardId(0), default, handle, default, 0));
        holdings.Release(Worker, new ReleaseGradient(handle));
        Assert.NotNull(gradients.Get(handle));
        holdings.Release(Server, new ReleaseGradient(handle));
        Assert.Throws<KeyNotFoundException>(() => gradients.Get(handle));
        gradients.Create();
        Assert.Equal(1, gradients.BufferCount);
    }

    [Fact]
    public void What_an_actor_that_is_gone_held_is_free()
    {
        var holdings = new Holdings(weights, gradients);
        var handle = Compute(holdings);
        weights.Publish(new WeightVersion(0), weights.Take());
        holdings.Share(Worker, new WeightsPublished(default, new ShardId(0), new WeightVersion(0)));
        holdings.ReleaseAll(Worker, keepsNewestVersion: false);
        Assert.Throws<KeyNotFoundException>(() => gradients.Get(handle));
        weights.Release(new WeightVersion(0));
        Assert.Throws<InvalidOperationException>(() => weights.Read(new WeightVersion(0)));
    }

    [Fact]
    public void The_servers_newest_version_outlives_it()
    {
        var holdings = new Holdings(weights, gradients);
        foreach (var version in (long[])[0, 1])
        {
            weights.Publish(new WeightVersion(version), weights.Take());
        }

        holdings.Record(Server, new WeightsInitialized(new WeightVersion(0)));
        holdings.Record(Server, new UpdateApplied(new StepNumber(1), null));
        holdings.ReleaseAll(Server, keepsNewestVersion: true);
        Assert.Throws<InvalidOperationException>(() => weights.Read(new WeightVersion(0)));
        weights.Read(new WeightVersion(1)).Dispose();
    }

    [Fact]
    public void Letting_go_of_what_is_not_held_is_a_bug_that_is_named()
    {
        var holdings = new Holdings(weights, gradients);
        var handle = Compute(holdings);
        var bug = Assert.Throws<InvalidOperationException>(() => holdings.Release(Server, new ReleaseGradient(handle)));
        Assert.Contains("server-0", bug.Message, StringComparison.Ordinal);
    }

    private GradientHandle Compute(Holdings holdings)
    {
        var (handle, _) = gradients.Create();
        holdings.Record(Worker, new GradientComputed(new StepNumber(1), new WorkRange(0, 1), [new ComputedNode(new TreeNode(0, 0), handle, default)], 0));
        return handle;
    }
}
