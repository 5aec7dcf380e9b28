using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests;

public class ParameterServerActorTests
{
    private readonly ParameterServerActor server = new(TestRun.Shard);

    [Fact]
    public void It_is_ready_when_the_weights_are_made()
    {
        server.On(new Started());
        Assert.Equal([new InitializeWeights(TestRun.Shard) { Incarnation = new Incarnation(1) }], server.On(new StartServing(TestRun.Header, TestRun.Shard, TestRun.Map)));
        Assert.Equal([new Send(ActorAddress.Coordinator, new ServerReady(TestRun.Header, TestRun.Shard, TestRun.Version(0)))], server.On(new WeightsInitialized(TestRun.Version(0))));
    }

    [Fact]
    public void A_subscriber_gets_the_newest_version_at_once_and_each_new_one()
    {
        Serve();
        Assert.Equal([TestRun.Version(0)], server.On(new Subscribe(TestRun.Session(1), TestRun.Worker(1))).Sent<WeightsPublished>().Select(published => published.Version));
        server.On(new Subscribe(TestRun.Session(2), TestRun.Worker(2)));
        var effects = Commit(1);
        Assert.Equal([ActorAddress.Of(TestRun.Worker(1)), ActorAddress.Of(TestRun.Worker(2))], effects.Receivers<WeightsPublished>());
        Assert.All(effects.Sent<WeightsPublished>(), published => Assert.Equal(TestRun.Version(1), published.Version));
    }

    [Fact]
    public void A_step_is_applied_once_its_tree_is_complete_with_nodes_in_tree_order()
    {
        Serve();
        Subscribe(1, 2);
        server.On(Plan(1));
        Assert.Empty(server.On(TestRun.Contribution(1, 1, 3, worker: 2, handle: 10)));
        Assert.Empty(server.On(TestRun.Contribution(1, 2, 0, worker: 1, handle: 11)));
        var update = Assert.Single(server.On(TestRun.Contribution(1, 1, 2, worker: 2, handle: 12)).OfType<ReduceAndUpdate>());
        Assert.Equal([11, 12, 10], update.Nodes.Select(node => node.Gradient.Value));
        Assert.Equal(0.5, update.LearningRate);
    }

    [Fact]
    public void The_commit_tells_who_gave_what_releases_the_gradients_and_keeps_the_version_before()
    {
        Serve();
        Subscribe(1, 2);
        server.On(Plan(1));
        server.On(TestRun.Contribution(1, 2, 1, worker: 2, handle: 10));
        server.On(TestRun.Contribution(1, 2, 0, worker: 1, handle: 11));
        var effects = server.On(new UpdateApplied(TestRun.StepOf(1), null));
        var committed = Assert.Single(effects.Sent<StepCommitted>());
        Assert.Equal([(1, 16), (2, 16)], committed.Record!.Entry.Nodes.Select(node => (node.Worker.Value, node.SampleCount)));
        Assert.Equal(new NodeStatistics(2, 16, 32), committed.Record.Statistics);
        Assert.Equal([11, 10], effects.OfType<ReleaseGradient>().Select(release => release.Gradient.Value));
        Assert.Empty(effects.OfType<DropWeights>());
    }

    [Fact]
    public void The_version_before_is_dropped_when_the_next_step_begins_to_be_applied()
    {
        Serve();
        Subscribe(1);
        Commit(1);
        server.On(Plan(2));
        Assert.Equal([new DropWeights(TestRun.Version(0)), Update(2)], server.On(TestRun.Contribution(2, 3, 0)).Select(Named));

        // An array has no value equality: the step tells which update it is.
        static Effect Named(Effect effect) => effect is ReduceAndUpdate update ? Update(update.MiniBatch.Step.Value) : effect;
        static Log Update(long step) => new($"update of step {step}");
    }

    [Fact]
    public void The_last_step_of_an_epoch_closes_its_ledger_and_the_next_begins_a_new_one()
    {
        Serve();
        Subscribe(1, 2);
        Assert.Null(Commit(new PlanStep(TestRun.Header, TestRun.Batch(1), 0.5, EndsEpoch: false)).Record!.ClosedEpoch);
        var closed = Commit(new PlanStep(TestRun.Header, TestRun.Batch(2, first: 32), 0.5, EndsEpoch: true)).Record!.ClosedEpoch!;
        Assert.Equal(2, closed.Steps);
        Assert.Equal(new LedgerProof(64, 64, 0, 0, 0), closed.Proof);
        Assert.Equal([new WorkerShare(TestRun.Worker(1), 8, 1, 2), new WorkerShare(TestRun.Worker(2), 8, 1, 2)], closed.Shares.ToArray());

        // An epoch that does not begin where the data begins has lost what is in front of it.
        closed = Commit(new PlanStep(TestRun.Header, TestRun.Batch(3, first: 32), 0.5, EndsEpoch: true)).Record!.ClosedEpoch!;
        Assert.Equal(new LedgerProof(64, 32, 0, 32, 0), closed.Proof);
    }

    [Fact]
    public void A_contribution_that_overtakes_its_plan_is_judged_when_the_plan_comes()
    {
        Serve();
        Subscribe(1);
        Assert.Empty(server.On(TestRun.Contribution(1, 3, 0)));
        Assert.Single(server.On(Plan(1)).OfType<ReduceAndUpdate>());
    }

    [Fact]
    public void A_duplicate_is_refused_released_and_counted_as_recomputed()
    {
        Serve();
        Subscribe(1, 2);
        server.On(Plan(1));
        server.On(TestRun.Contribution(1, 2, 0, handle: 5));
        var effects = server.On(TestRun.Contribution(1, 1, 1, worker: 2, handle: 6));
        Assert.Equal("[2..3] is here already, in [0..3]", effects.Refusal());
        Assert.Contains(new ReleaseGradient(new GradientHandle(6)), effects);
        server.On(TestRun.Contribution(1, 2, 1, handle: 7));
        Assert.Equal(8, Assert.Single(server.On(new UpdateApplied(TestRun.StepOf(1), null)).Sent<StepCommitted>()).Record!.RecomputedSamples);
        Assert.Equal("step 1 is committed", server.On(TestRun.Contribution(1, 2, 1, handle: 8)).Refusal());
    }

    [Fact]
    public void It_asks_for_the_rest_of_a_node_that_it_cannot_take_apart()
    {
        Serve();
        Subscribe(1, 2);
        server.On(Plan(1));
        server.On(TestRun.Contribution(1, 1, 0));
        var missing = Assert.Single(server.On(TestRun.Contribution(1, 2, 0, worker: 2)).Sent<NodesMissing>());
        Assert.Equal([new TreeNode(1, 1)], missing.Nodes.ToArray());
    }

    [Fact]
    public void After_a_session_has_ended_it_says_what_is_missing_and_refuses_late_contributions()
    {
        Serve();
        Subscribe(1, 2);
        server.On(Plan(1));
        server.On(Plan(2));
        server.On(TestRun.Contribution(1, 1, 0));
        OpenRange[] open = [new(TestRun.StepOf(1), new WorkRange(0, 6)), new(TestRun.StepOf(2), new WorkRange(0, 6))];
        var effects = server.On(new EndSession(TestRun.Header, TestRun.Worker(1), new SessionNumber(1), [.. open], "killed"));
        Assert.Equal(["[2..3] [4..5]", "[0..3] [4..5]"], effects.Sent<NodesMissing>().Select(missing => string.Join(' ', missing.Nodes)));
        effects = server.On(TestRun.Contribution(1, 1, 1, handle: 9));
        Assert.Equal("worker-1 has no session here (any more)", effects.Refusal());
        Assert.Contains(new ReleaseGradient(new GradientHandle(9)), effects);
        Assert.Equal("session 1 of worker-1 has ended", server.On(new Subscribe(TestRun.Session(1), TestRun.Worker(1))).Refusal());
    }

    [Fact]
    public void A_worker_that_joins_again_is_heard_under_its_new_session_only()
    {
        Serve();
        Subscribe(1);
        server.On(Plan(1));
        server.On(new EndSession(TestRun.Header, TestRun.Worker(1), new SessionNumber(1), [], "killed"));
        server.On(new Subscribe(TestRun.Session(7), TestRun.Worker(1)));
        Assert.Equal("it is of session 1, but the session is 7", server.On(TestRun.Contribution(1, 2, 0, session: 1)).Refusal());
        Assert.Empty(server.On(TestRun.Contribution(1, 2, 0, session: 7)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void An_older_term_or_incarnation_is_refused_and_not_counted_as_recomputed(long term, long incarnation)
    {
        Serve();
        Subscribe(1);
        server.On(Plan(1));
        var stale = new Header(new Term(term), new Incarnation(incarnation), new SessionNumber(1));
        Assert.Contains(", which ended with ", server.On(TestRun.Contribution(1, 3, 0) with { Header = stale }).Refusal(), StringComparison.Ordinal);
        Assert.Contains(", which ended with ", server.On(Plan(2) with { Header = stale with { Session = default } }).Refusal(), StringComparison.Ordinal);
        server.On(TestRun.Contribution(1, 3, 0));
        Assert.Equal(0, Assert.Single(server.On(new UpdateApplied(TestRun.StepOf(1), null)).Sent<StepCommitted>()).Record!.RecomputedSamples);
    }

    [Fact]
    public void The_version_with_which_an_epoch_ends_is_delivered_and_kept_until_it_is_released()
    {
        Serve();
        Subscribe(1);
        Assert.Equal(TestRun.Version(1), Assert.Single(Commit(1, endsEpoch: true).Sent<WeightsDelivered>()).Version);
        Assert.DoesNotContain(Commit(2), effect => effect is DropWeights);
        Assert.DoesNotContain(Commit(3), effect => effect == new DropWeights(TestRun.Version(1)));
        var request = new RequestWeights(TestRun.Session(1), TestRun.Worker(1), TestRun.Version(1));
        Assert.Equal(TestRun.Version(1), Assert.Single(server.On(request).Sent<WeightsPublished>()).Version);
        Assert.Equal([new DropWeights(TestRun.Version(1))], server.On(new ReleaseVersion(TestRun.Header, TestRun.Version(1))));
        Assert.Equal("version 1 is not held: the newest is 3", server.On(request).Refusal());
    }

    [Fact]
    public void Weights_that_are_not_finite_are_dropped_and_the_version_before_stays()
    {
        Serve();
        Subscribe(1);
        server.On(Plan(1));
        server.On(TestRun.Contribution(1, 3, 0));
        var effects = server.On(new UpdateApplied(TestRun.StepOf(1), 3));
        Assert.Equal(3, Assert.Single(effects.Sent<StepNotFinite>()).Chunk);
        Assert.Equal([new DropWeights(TestRun.Version(1))], effects.OfType<DropWeights>());
        Assert.Empty(effects.Sent<WeightsPublished>());
        Assert.Equal("no more steps are made", server.On(TestRun.Contribution(1, 3, 0)).Refusal());
        effects = server.On(new StopAfter(TestRun.Header, TestRun.StepOf(0)));
        Assert.Equal(TestRun.Version(0), Assert.Single(effects.Sent<WeightsDelivered>()).Version);
        Assert.Equal(TestRun.Version(0), Assert.Single(effects.Sent<ServerStopped>()).Version);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_never_applied()
    {
        Serve();
        Subscribe(1);
        server.On(Plan(1));
        var effects = server.On(TestRun.Contribution(1, 3, 0) with { Statistics = new NodeStatistics(double.NaN, 0, 32) });
        Assert.Null(Assert.Single(effects.Sent<StepNotFinite>()).Chunk);
        Assert.Empty(effects.OfType<ReduceAndUpdate>());
    }

    [Fact]
    public void It_stops_after_the_step_it_is_told_and_does_not_publish_that_version()
    {
        Serve();
        Subscribe(1);
        Assert.Empty(server.On(new StopAfter(TestRun.Header, TestRun.StepOf(1))));
        var effects = Commit(1);
        Assert.Empty(effects.Sent<WeightsPublished>());
        Assert.Equal(TestRun.Version(1), Assert.Single(effects.Sent<WeightsDelivered>()).Version);
        Assert.Equal(TestRun.Version(1), Assert.Single(effects.Sent<ServerStopped>()).Version);
        Assert.Equal([new Retire()], server.On(new Stop(TestRun.Header)));
    }

    private void Serve()
    {
        server.On(new Started());
        server.On(new StartServing(TestRun.Header, TestRun.Shard, TestRun.Map));
        server.On(new WeightsInitialized(TestRun.Version(0)));
    }

    private void Subscribe(params int[] workers)
    {
        foreach (var worker in workers)
        {
            server.On(new Subscribe(TestRun.Session(worker), TestRun.Worker(worker)));
        }
    }

    private IReadOnlyList<Effect> Commit(long step, bool endsEpoch = false)
    {
        server.On(Plan(step) with { EndsEpoch = endsEpoch });
        server.On(TestRun.Contribution(step, 3, 0));
        return server.On(new UpdateApplied(TestRun.StepOf(step), null));
    }

    private StepCommitted Commit(PlanStep plan)
    {
        var step = plan.MiniBatch.Step.Value;
        server.On(plan);
        server.On(TestRun.Contribution(step, 2, 0, worker: 1, handle: 2 * step));
        server.On(TestRun.Contribution(step, 2, 1, worker: 2, handle: (2 * step) + 1));
        return Assert.Single(server.On(new UpdateApplied(TestRun.StepOf(step), null)).Sent<StepCommitted>());
    }

    private static PlanStep Plan(long step) => new(TestRun.Header, TestRun.Batch(step), 0.5, EndsEpoch: false);
}
