using System.Collections.Immutable;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors.Tests;

/// <summary>One of three shards: the exchange of sums, going back by a step, and handing over its state.</summary>
public class ShardTests
{
    private static readonly ShardMap Map = new(1, [new NodeId(1), new NodeId(2), new NodeId(3)]);
    private readonly ParameterServerActor server = new(new ShardId(1));

    /// <summary>Own sums (1) and those of shards 0 and 2, in every order.</summary>
    [Theory]
    [InlineData("1 0 2")]
    [InlineData("1 2 0")]
    [InlineData("0 1 2")]
    [InlineData("2 1 0")]
    [InlineData("0 2 1")]
    [InlineData("2 0 1")]
    public void A_stage_goes_on_when_the_sums_of_all_shards_are_there_in_whatever_order_they_come(string order)
    {
        Begin();
        var effects = new List<Effect>();
        foreach (var shard in order.Split(' '))
        {
            Assert.DoesNotContain(effects, effect => effect is ContinueUpdate);
            effects.AddRange(server.On(shard == "1" ? Staged(0) : Summed(shard[0] - '0', 0)));
        }

        var go = Assert.Single(effects.OfType<ContinueUpdate>());
        Assert.Equal((1L, 0), (go.Step.Value, go.Stage));
        Assert.Equal([0.0, 1, 2], go.Squares.Select(squares => squares[0].Update));
        Assert.Equal([ActorAddress.Of(new ShardId(0)), ActorAddress.Of(new ShardId(2))], effects.Receivers<StageSummed>());
    }

    [Fact]
    public void Sums_may_come_before_the_tree_is_complete_and_one_stage_ahead()
    {
        Serve();
        server.On(Plan(1));
        server.On(Summed(0, 0));
        server.On(Summed(2, 0));
        server.On(TestRun.Contribution(1, 3, 0));
        Assert.Single(server.On(Staged(0)).OfType<ContinueUpdate>());
        Assert.Empty(server.On(Summed(0, 1)));
        Assert.Empty(server.On(Staged(1)).OfType<ContinueUpdate>());
        Assert.Equal(1, Assert.Single(server.On(Summed(2, 1)).OfType<ContinueUpdate>()).Stage);
    }

    [Fact]
    public void Sums_that_do_not_fit_are_refused()
    {
        Begin();
        Assert.Equal("step 1 is under way, not step 2", server.On(Summed(0, 0) with { Step = TestRun.StepOf(2) }).Refusal());
        Assert.Equal("server-1 is none of the other shards", server.On(Summed(1, 0)).Refusal());
        Assert.Equal("server-3 is none of the other shards", server.On(Summed(3, 0)).Refusal());
        server.On(Summed(0, 0));
        Assert.Equal("the sums of server-0 in stage 0 are here already", server.On(Summed(0, 0)).Refusal());
    }

    [Fact]
    public void An_update_between_two_stages_is_abandoned_when_the_run_ends_before_it()
    {
        Begin();
        server.On(Staged(0));
        var effects = server.On(new StopAfter(TestRun.Header, TestRun.StepOf(0)));
        Assert.Contains(new AbandonUpdate(new ShardId(1), TestRun.StepOf(1)), effects);
        Assert.Equal(TestRun.Version(0), Assert.Single(effects.Sent<ServerStopped>()).Version);
        Assert.Equal("no more steps are made", server.On(Summed(0, 0)).Refusal());
    }

    [Fact]
    public void An_update_that_is_being_computed_when_the_run_ends_before_it_is_awaited_and_dropped()
    {
        Begin();
        Assert.Empty(server.On(new StopAfter(TestRun.Header, TestRun.StepOf(0))));
        var effects = server.On(new UpdateApplied(TestRun.StepOf(1), null));
        Assert.Empty(effects.Sent<StepCommitted>());
        Assert.Contains(new DropWeights(TestRun.Version(1)), effects);
        Assert.Equal(TestRun.Version(0), Assert.Single(effects.Sent<ServerStopped>()).Version);
    }

    [Fact]
    public void A_stage_that_ends_after_the_end_of_the_run_is_abandoned()
    {
        Begin();
        server.On(new StopAfter(TestRun.Header, TestRun.StepOf(0)));
        var effects = server.On(Staged(0));
        Assert.Contains(new AbandonUpdate(new ShardId(1), TestRun.StepOf(1)), effects);
        Assert.Single(effects.Sent<ServerStopped>());
    }

    [Fact]
    public void It_goes_back_by_a_step_that_another_shard_could_not_make_even_when_it_has_stopped_with_it()
    {
        Begin();
        server.On(new StopAfter(TestRun.Header, TestRun.StepOf(1)));
        Assert.Equal(TestRun.Version(1), Assert.Single(server.On(new UpdateApplied(TestRun.StepOf(1), null)).Sent<ServerStopped>()).Version);
        var effects = server.On(new StopAfter(TestRun.Header, TestRun.StepOf(0)));
        Assert.Equal(
            [
                new DropWeights(TestRun.Version(1)),
                new Send(ActorAddress.Coordinator, new WeightsDelivered(TestRun.Header, new ShardId(1), TestRun.Version(0))),
                new Send(ActorAddress.Coordinator, new ServerStopped(TestRun.Header, new ShardId(1), TestRun.Version(0))),
            ],
            effects);
    }

    [Fact]
    public void The_version_before_is_there_for_workers_that_another_shard_waits_for()
    {
        Begin();
        server.On(new UpdateApplied(TestRun.StepOf(1), null));
        var effects = server.On(new RequestWeights(TestRun.Session(1), TestRun.Worker(1), TestRun.Version(0)));
        Assert.Equal(TestRun.Version(0), Assert.Single(effects.Sent<WeightsPublished>()).Version);
    }

    [Fact]
    public void Only_the_shard_with_the_first_chunk_keeps_the_ledger()
    {
        Begin();
        Assert.Null(Assert.Single(server.On(new UpdateApplied(TestRun.StepOf(1), null)).Sent<StepCommitted>()).Record);
    }

    [Fact]
    public void Its_state_leaves_when_the_version_is_made_and_another_incarnation_goes_on_from_it()
    {
        var first = new ParameterServerActor(TestRun.Shard);
        first.On(new StartServing(TestRun.Header, TestRun.Shard, TestRun.Map));
        first.On(new WeightsInitialized(default));
        first.On(new Subscribe(TestRun.Session(1), TestRun.Worker(1)));
        first.On(Plan(1));
        Assert.Empty(first.On(new DeliverState(TestRun.Header, TestRun.Version(1), GoesOn: false)));
        first.On(TestRun.Contribution(1, 3, 0));
        Assert.Contains(new SnapshotState(TestRun.Shard, TestRun.Version(1)), first.On(new UpdateApplied(TestRun.StepOf(1), null)));
        Assert.Equal("no more steps are made", first.On(TestRun.Contribution(2, 3, 0)).Refusal());
        var effects = first.On(new StateSnapshotted(TestRun.Version(1), [0.9]));
        Assert.Equal([new DropSnapshot(TestRun.Version(1)), new Retire()], effects.Skip(1));
        var state = Assert.Single(effects.Sent<StateDelivered>()).State;
        Assert.Equal((1L, 32L), (state.Version.Value, state.RecomputedSamples));
        Assert.Equal(TestRun.StepOf(1), Assert.Single(state.Ledger).MiniBatch.Step);

        var next = new ParameterServerActor(TestRun.Shard);
        var header = TestRun.Header with { Incarnation = new Incarnation(2) };
        Assert.Equal(
            [new RestoreState(TestRun.Shard, state) { Incarnation = new Incarnation(2) }], next.On(new ResumeServing(header, TestRun.Shard, TestRun.Map, state)));
        effects = next.On(new WeightsInitialized(TestRun.Version(1)));
        Assert.Contains(new DropSnapshot(TestRun.Version(1)), effects);
        Assert.Equal(TestRun.Version(1), Assert.Single(effects.Sent<ServerReady>()).Version);
        next.On(new Subscribe(header.For(new SessionNumber(1)), TestRun.Worker(1)));
        next.On(new PlanStep(header, TestRun.Batch(2, first: 32), 0.5, EndsEpoch: true));
        next.On(TestRun.Contribution(2, 3, 0) with { Header = header.For(new SessionNumber(1)) });
        var closed = Assert.Single(next.On(new UpdateApplied(TestRun.StepOf(2), null)).Sent<StepCommitted>()).Record!.ClosedEpoch!;
        Assert.Equal(new LedgerProof(64, 64, 0, 0, 32), closed.Proof);
    }

    [Fact]
    public void A_checkpoints_copy_holds_back_the_next_update_but_no_worker()
    {
        var only = new ParameterServerActor(TestRun.Shard);
        only.On(new StartServing(TestRun.Header, TestRun.Shard, TestRun.Map));
        only.On(new WeightsInitialized(default));
        only.On(new Subscribe(TestRun.Session(1), TestRun.Worker(1)));
        only.On(new DeliverState(TestRun.Header, TestRun.Version(1), GoesOn: true));
        only.On(Plan(1));
        only.On(Plan(2));
        only.On(TestRun.Contribution(1, 3, 0));
        var effects = only.On(new UpdateApplied(TestRun.StepOf(1), null));
        Assert.Single(effects.Sent<WeightsPublished>());
        Assert.Equal(new SnapshotState(TestRun.Shard, TestRun.Version(1)), effects[^1]);
        Assert.Empty(only.On(TestRun.Contribution(2, 3, 0)));

        effects = only.On(new StateSnapshotted(TestRun.Version(1), [0.9]));
        Assert.Equal(TestRun.StepOf(1), Assert.Single(Assert.Single(effects.Sent<StateDelivered>()).State.Ledger).MiniBatch.Step);
        Assert.Equal(new DropSnapshot(TestRun.Version(1)), effects[1]);
        Assert.Equal(2, Assert.Single(effects.OfType<ReduceAndUpdate>()).MiniBatch.Step.Value);
        Assert.DoesNotContain(only.On(new UpdateApplied(TestRun.StepOf(2), null)), effect => effect is SnapshotState);
    }

    [Fact]
    public void A_copy_of_the_version_that_is_there_is_made_at_once()
    {
        Serve();
        Assert.Equal([new SnapshotState(new ShardId(1), default)], server.On(new DeliverState(TestRun.Header, default, GoesOn: true)));
        Assert.Empty(server.On(new DeliverState(TestRun.Header, default, GoesOn: false)));
        var effects = server.On(new StateSnapshotted(default, []));
        Assert.Equal([new SnapshotState(new ShardId(1), default)], effects.OfType<SnapshotState>());
    }

    [Fact]
    public void The_coordinator_is_told_of_a_worker_that_counts_other_samples_than_there_are()
    {
        Serve();
        server.On(Plan(1));
        var wrong = TestRun.Contribution(1, 3, 0) with { Statistics = TestRun.Statistics(31) };
        var fault = Assert.Single(server.On(wrong).Sent<WorkerAtFault>());
        Assert.Equal((TestRun.Worker(1), new SessionNumber(1), "node [0..7] of step 1 holds 32 samples, but the contribution counts 31"), (fault.Worker, fault.WorkerSession, fault.Reason));
    }

    private void Serve()
    {
        server.On(new StartServing(TestRun.Header, new ShardId(1), Map));
        server.On(new WeightsInitialized(default));
        server.On(new Subscribe(TestRun.Session(1), TestRun.Worker(1)));
    }

    /// <summary>Step 1 is being computed.</summary>
    private void Begin()
    {
        Serve();
        server.On(Plan(1));
        Assert.Single(server.On(TestRun.Contribution(1, 3, 0)).OfType<ReduceAndUpdate>());
    }

    private static UpdateStaged Staged(int stage) => new(TestRun.StepOf(1), stage, Squares(1));

    private static StageSummed Summed(int shard, int stage) => new(TestRun.Header, new ShardId(shard), TestRun.StepOf(1), stage, Squares(shard));

    private static ImmutableArray<StageSquares> Squares(int shard) => [new StageSquares(shard, 0)];

    private static PlanStep Plan(long step) => new(TestRun.Header, TestRun.Batch(step), 0.5, EndsEpoch: false);
}
