using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Tests.Recovery;

namespace DistTrain.Runtime.Tests.Compute;

public class HoldingsTests
{
    private static readonly ActorAddress Worker = ActorAddress.Of(new WorkerId(1));
    private static readonly ActorAddress Server = ActorAddress.Of(new ShardId(0));
    private static readonly ShardId Shard = new(0);

    private readonly WeightVersions weights = new(4);
    private readonly GradientBuffers gradients = new(4);
    private readonly Holdings holdings;

    public HoldingsTests()
    {
        holdings = new Holdings(weights, gradients);
    }

    [Fact]
    public void A_gradient_lives_until_sender_and_receiver_have_let_go()
    {
        var handle = Compute();
        holdings.Share(Worker, Server, new Contribution(default, new WorkerId(1), new StepNumber(1), Shard, default, handle, default, 0));
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
        var handle = Compute();
        Make(1, 0);
        Publish(1, 0);
        holdings.ReleaseAll(Worker, _ => false);
        Assert.Throws<KeyNotFoundException>(() => gradients.Get(handle));
        holdings.Release(Server, new DropWeights(new WeightVersion(0)));
        Assert.Equal(0, weights.Count);
    }

    [Fact]
    public void The_newest_version_outlives_its_holder_where_it_is_the_runs_result()
    {
        Make(1, 0);
        Make(1, 1);
        holdings.ReleaseAll(Server, _ => true);
        Assert.Throws<InvalidOperationException>(() => weights.Read(Key(1, 0), Shard));
        weights.Read(holdings.Version(Server, new WeightVersion(1)), Shard).Dispose();
    }

    [Fact]
    public void Letting_go_of_what_is_not_held_is_a_bug_that_is_named()
    {
        var handle = Compute();
        var bug = Assert.Throws<InvalidOperationException>(() => holdings.Release(Server, new ReleaseGradient(handle)));
        Assert.Contains("server-0", bug.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_lets_go_of_a_version_as_a_whole_and_the_coordinator_of_each_part_that_came()
    {
        Make(1, 3);
        foreach (var receiver in (ActorAddress[])[Worker, Worker, ActorAddress.Coordinator, ActorAddress.Coordinator])
        {
            Publish(1, 3, receiver);
        }

        var drop = new DropWeights(new WeightVersion(3));
        holdings.Release(Server, drop);
        holdings.Release(Worker, drop);
        holdings.Release(ActorAddress.Coordinator, drop);
        Assert.Equal(1, weights.Count);
        holdings.Release(ActorAddress.Coordinator, drop);
        Assert.Equal(0, weights.Count);
    }

    [Fact]
    public void A_worker_of_a_new_incarnation_holds_nothing_of_the_one_before()
    {
        Make(1, 7);
        Publish(1, 7);
        Make(2, 7);
        Publish(2, 7);
        holdings.ReleaseAll(Server, _ => false);
        Assert.False(weights.Exists(Key(1, 7)));
        Assert.Equal(Key(2, 7), holdings.Version(Worker, new WeightVersion(7)));

        // One that was on its way.
        Make(1, 8);
        Publish(1, 8);
        holdings.ReleaseAll(Server, _ => false);
        Assert.False(weights.Exists(Key(1, 8)));
    }

    [Fact]
    public void A_state_that_came_for_the_next_server_outlives_the_one_in_its_place()
    {
        Deliver(incarnation: 4);
        Deliver(incarnation: 5);
        holdings.Release(Server, new DropSnapshot(State.Version), new Incarnation(4));
        Assert.Equal(new Incarnation(5), holdings.State(Server, Shard, State.Version).Incarnation);
        Deliver(incarnation: 6);
        holdings.ReleaseAll(Server, _ => false, new Incarnation(4));
        Assert.Equal(1, holdings.StateCount(Server));
        Assert.Equal(new Incarnation(6), holdings.State(Server, Shard, State.Version).Incarnation);
        holdings.ReleaseAll(Server, _ => false, new Incarnation(6));
        Assert.Equal(0, holdings.StateCount(Server));
    }

    [Fact]
    public void A_message_that_nobody_takes_takes_its_own_state_with_it()
    {
        Deliver(incarnation: 6);
        Deliver(incarnation: 5);
        holdings.Discard(Server, Resume(5));
        Assert.Equal(new Incarnation(6), holdings.State(Server, Shard, State.Version).Incarnation);
    }

    private static readonly ServerState State = new(new WeightVersion(9), [], [], 0);

    private static ResumeServing Resume(long incarnation) => new(new Header(default, new Incarnation(incarnation), default), Shard, new ShardMap(1, [NodeId.Coordinator]), State);

    /// <summary>By the coordinator, which lets go of it.</summary>
    private void Deliver(long incarnation)
    {
        holdings.Add(ActorAddress.Coordinator, new ShardState(CheckpointScene.Cut, Shard, new Incarnation(1), State.Version, tensorCount: 0));
        holdings.Share(ActorAddress.Coordinator, Server, Resume(incarnation));
        holdings.Release(ActorAddress.Coordinator, new DropSnapshot(State.Version));
    }

    private static VersionKey Key(long incarnation, long version) => new(new Incarnation(incarnation), new WeightVersion(version));

    private void Make(long incarnation, long version)
    {
        weights.BeginWriting(Key(incarnation, version), Shard);
        weights.EndWriting(Key(incarnation, version), Shard);
        holdings.Add(Server, Key(incarnation, version));
    }

    private void Publish(long incarnation, long version, ActorAddress? receiver = null) =>
        holdings.Share(Server, receiver ?? Worker, new WeightsPublished(new Header(default, new Incarnation(incarnation), default), Shard, new WeightVersion(version)));

    private GradientHandle Compute()
    {
        var (handle, _) = gradients.Create();
        holdings.Add(Worker, handle);
        return handle;
    }
}
