using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests;

/// <summary>A coordinator with two shards on two nodes, and two workers on two others.</summary>
public class ClusterCoordinatorTests
{
    private static readonly ShardMap Map = new(1, [new NodeId(8), new NodeId(9)]);
    private readonly CoordinatorActor coordinator = new(TestRun.Definition(workers: 2) with { Placement = ShardPlacement.Servers, ShardCount = 2 });

    [Fact]
    public void Shards_are_placed_when_their_nodes_are_there_and_workers_welcomed_when_all_shards_are_ready()
    {
        coordinator.On(new Started());
        coordinator.On(Join(1));
        Assert.DoesNotContain(coordinator.On(new ServerNodeJoined(new NodeId(9))), effect => effect is PlaceShards);
        var effects = coordinator.On(new ServerNodeJoined(new NodeId(8)));
        Assert.Contains(new PlaceShards(Map), effects);
        Assert.Equal([Server(0), Server(1)], effects.Receivers<StartServing>());
        Assert.Empty(coordinator.On(Ready(1)));
        Assert.Equal([ActorAddress.Of(TestRun.Worker(1))], coordinator.On(Ready(0)).Receivers<Welcome>());
        Assert.Equal([Server(0), Server(1), Server(0), Server(1)], coordinator.On(Join(2)).Receivers<PlanStep>());
    }

    [Fact]
    public void A_step_is_committed_when_every_shard_has_said_so()
    {
        Train();
        Assert.Empty(coordinator.On(Committed(1, shard: 1)));
        Assert.Equal(3, coordinator.On(Committed(1, shard: 0)).Sent<PlanStep>().First().MiniBatch.Step.Value);
        Assert.Equal("server-1 has committed step 1 already", coordinator.On(Committed(1, shard: 1)).Refusal());
    }

    [Fact]
    public void What_several_shards_miss_of_a_lost_worker_is_computed_again_once()
    {
        Train();
        coordinator.On(Join(3));
        var end = coordinator.On(new WorkerLost(TestRun.Worker(2), "killed")).Sent<EndSession>().ToArray();
        Assert.Equal(2, end.Length);
        Assert.Equal(["[6..7]"], Assigned(coordinator.On(Missing(0, new TreeNode(1, 3)))));

        // The other shard misses more: only what nobody has again goes out.
        Assert.Equal(["[4..5]"], Assigned(coordinator.On(Missing(1, new TreeNode(2, 1)))));
        Assert.Empty(Assigned(coordinator.On(Missing(1, new TreeNode(2, 1)))));

        // A shard that had to refuse something by itself gets it once more, whoever has it.
        Assert.Equal(["[4..5]"], Assigned(coordinator.On(Missing(1, new TreeNode(1, 2)) with { EndedSession = default })));
    }

    [Fact]
    public void A_stop_without_workers_ends_before_the_first_step_that_a_shard_cannot_make()
    {
        Train();
        coordinator.On(Committed(1, 0));
        coordinator.On(Committed(1, 1));
        coordinator.On(new WorkerLost(TestRun.Worker(1), "killed"));
        coordinator.On(new WorkerLost(TestRun.Worker(2), "killed"));
        Assert.All(coordinator.On(new StopRequested()).Sent<StopAfter>(), stop => Assert.Equal(2, stop.Step.Value));

        // Two workers had work of two steps, and two shards answer for each.
        for (var answer = 0; answer < 7; answer++)
        {
            var nodes = answer == 3 ? [new TreeNode(2, 1)] : Array.Empty<TreeNode>();
            Assert.Empty(coordinator.On(Missing(answer % 2, nodes) with { Step = TestRun.StepOf(2) }).Sent<StopAfter>());
        }

        var last = coordinator.On(Missing(1) with { Step = TestRun.StepOf(3) });
        Assert.Equal([Server(0), Server(1)], last.Receivers<StopAfter>());
        Assert.All(last.Sent<StopAfter>(), stop => Assert.Equal(1, stop.Step.Value));
    }

    [Fact]
    public void Every_part_of_a_version_is_held_and_let_go_of_once()
    {
        Train();
        coordinator.On(Committed(1, 0));
        Assert.Empty(coordinator.On(Delivered(3, shard: 1)));
        Assert.Equal([new HashWeights(TestRun.Version(3))], coordinator.On(Delivered(3, shard: 0)));
    }

    [Fact]
    public void A_lost_node_with_a_shard_ends_the_run_with_the_weights_that_it_began_with_where_no_epoch_had_ended()
    {
        Train();
        var effects = coordinator.On(new NodeLost(new NodeId(9), "killed"));
        Assert.Contains("node-9 was lost (killed) with server-1: the run ends", effects.OfType<Announce>().Select(announce => ((NoticeAnnounced)announce.Announcement).Sentence));
        Assert.Contains(new PlaceShards(new ShardMap(2, [NodeId.Coordinator, NodeId.Coordinator])), effects);
        Assert.All(effects.Sent<StopAfter>(), stop => Assert.Equal((0L, 2L), (stop.Step.Value, stop.Header.Incarnation.Value)));
        Assert.Contains(", which ended with ", coordinator.On(Committed(1, 0)).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_node_without_shards_changes_nothing()
    {
        Train();
        Assert.Empty(coordinator.On(new NodeLost(new NodeId(77), "killed")));
    }

    [Fact]
    public void A_node_that_leaves_with_nothing_on_it_is_released_at_once_and_its_late_worker_is_refused()
    {
        Train();
        Assert.Equal([new ReleaseNode(new NodeId(5))], coordinator.On(new NodeLeaves(new NodeId(5), "asked to")));
        Assert.Equal("node-5 leaves, or is gone", Assert.Single(coordinator.On(Join(5)).Sent<JoinRefused>()).Reason);
    }

    private void Train()
    {
        coordinator.On(new Started());
        coordinator.On(new ServerNodeJoined(new NodeId(8)));
        coordinator.On(new ServerNodeJoined(new NodeId(9)));
        coordinator.On(Ready(0));
        coordinator.On(Ready(1));
        coordinator.On(Join(1));
        coordinator.On(Join(2));
    }

    private static ActorAddress Server(int shard) => ActorAddress.Of(new ShardId(shard));

    private static ServerReady Ready(int shard) => new(TestRun.Header, new ShardId(shard), TestRun.Version(0));

    private static JoinRequested Join(int worker) => new(Header.Unintroduced, TestRun.Worker(worker), new NodeId(worker), "f32");

    private static WeightsDelivered Delivered(long version, int shard) => new(TestRun.Header, new ShardId(shard), TestRun.Version(version));

    private static NodesMissing Missing(int shard, params TreeNode[] nodes) =>
        new(TestRun.Header, new ShardId(shard), TestRun.StepOf(1), [.. nodes], new SessionNumber(2), "worker-2 was lost");

    private static IEnumerable<string> Assigned(IReadOnlyList<Effect> effects) => WorkRange.Join(effects.Sent<AssignMicroBatches>().Select(assign => assign.Range)).Select(range => range.ToString());

    /// <summary>The first of two shards keeps the ledger.</summary>
    private static StepCommitted Committed(long step, int shard)
    {
        var entry = new LedgerEntry(TestRun.Batch(step, first: (int)(step - 1) * 32), [new AcceptedNode(new TreeNode(3, 0), TestRun.Worker(1), 32, 100)]);
        return new StepCommitted(TestRun.Header, new ShardId(shard), TestRun.StepOf(step), shard == 0 ? new StepRecord(entry, new NodeStatistics(32, 16, 32), 0, null) : null);
    }
}
