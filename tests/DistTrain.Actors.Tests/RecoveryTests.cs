using System.Collections.Immutable;

namespace DistTrain.Actors.Tests;

/// <summary>A coordinator that takes checkpoints, two shards on two nodes, two workers on two others. Steps: 3 an epoch, 2 epochs; step 3 and step 6 end one.</summary>
public class RecoveryTests
{
    private static readonly RunDefinition Definition = TestRun.Definition(workers: 2, tests: 0) with
    {
        Placement = ShardPlacement.Servers,
        ShardCount = 2,
        Checkpoints = new CheckpointPolicy { EverySteps = 2, AtEpochEnds = true },
    };

    private CoordinatorActor coordinator = new(Definition);
    private Header header = TestRun.Header;

    [Fact]
    public void A_checkpoint_is_named_before_its_step_is_planned()
    {
        var sent = Train().OfType<Send>().Where(send => send.To == Server(1)).Select(send => send.Message).ToArray();
        var named = Array.FindIndex(sent, message => message is DeliverState { Version.Value: 2, GoesOn: true });
        Assert.True(named > Array.FindIndex(sent, message => message is PlanStep { MiniBatch.Step.Value: 1 }));
        Assert.Equal(2, Assert.IsType<PlanStep>(sent[named + 1]).MiniBatch.Step.Value);
    }

    [Fact]
    public void It_is_written_when_every_shard_has_sent_its_state_and_the_step_is_committed()
    {
        Train();
        Commit(1);
        Assert.DoesNotContain(State(2, shard: 1), effect => effect is SaveCheckpoint);
        Assert.DoesNotContain(coordinator.On(Committed(2, shard: 1)), effect => effect is SaveCheckpoint);
        Assert.DoesNotContain(State(2, shard: 0), effect => effect is SaveCheckpoint);
        var effects = coordinator.On(Committed(2, shard: 0));
        var saved = Assert.Single(effects.OfType<SaveCheckpoint>()).Checkpoint;
        Assert.Contains(new DropSnapshot(TestRun.Version(2)), effects);
        Assert.Equal((2L, 0, 64L), (saved.Step.Value, saved.Coordinator.EpochsReported, saved.Coordinator.Epoch!.SampleCount));
        Assert.Equal(1, saved.Coordinator.Decisions.Epoch.Epoch);
        Assert.Contains(new WriteJournal(new CheckpointRecorded(TestRun.StepOf(2))), coordinator.On(Saved(2)));
    }

    [Fact]
    public void One_at_an_epochs_end_waits_for_the_epochs_report()
    {
        coordinator = new CoordinatorActor(Definition with { Checkpoints = new CheckpointPolicy { AtEpochEnds = true } });
        Train();
        Commit(1);
        Commit(2);
        Assert.DoesNotContain(Commit(3), effect => effect is SaveCheckpoint);
        State(3, shard: 0);
        Assert.DoesNotContain(State(3, shard: 1), effect => effect is SaveCheckpoint);
        Deliver(3);
        var effects = coordinator.On(new WeightsHashed(TestRun.Version(3), "abc"));
        var journaled = Index(effects, effect => effect is WriteJournal { Entry: EpochRecorded { Report.Epoch: 1 } });
        Assert.True(journaled >= 0 && journaled < Index(effects, effect => effect is Announce { Announcement: EpochAnnounced }));
        var saved = Assert.Single(effects.OfType<SaveCheckpoint>()).Checkpoint.Coordinator;
        Assert.Equal((3L, 1, null), (saved.Step.Value, saved.EpochsReported, saved.Epoch));
    }

    [Fact]
    public void A_failure_to_write_is_told_and_the_run_goes_on()
    {
        Train();
        SaveAfter2(failure: "the disk is full");
        Assert.Contains(Commit(3).Sent<PlanStep>(), plan => plan.MiniBatch.Step.Value == 5);
    }

    [Fact]
    public void When_a_shard_is_lost_all_return_to_the_last_checkpoint()
    {
        Train();
        SaveAfter2();
        Commit(3);
        Commit(4);
        coordinator.On(Committed(5, shard: 0));
        var effects = coordinator.On(new NodeLost(new NodeId(9), "killed"));
        Assert.Equal([new LoadCheckpoint(2, new Incarnation(2))], effects.OfType<LoadCheckpoint>());
        Assert.Empty(effects.Sent<ActorMessage>());
        Assert.Contains(", which ended with ", coordinator.On(Committed(5, shard: 1)).Refusal(), StringComparison.Ordinal);

        var checkpoint = CheckpointAfter2();
        effects = coordinator.On(new CheckpointLoaded(checkpoint, ["a torn one"]));
        header = header with { Incarnation = new Incarnation(2) };
        Assert.Equal(new WriteJournal(new IncarnationBegun(new Incarnation(2), TestRun.StepOf(2), "node-9 was lost (killed) with server-1")), effects.OfType<WriteJournal>().Single());
        Assert.Equal("a torn one", Notices(effects)[0]);
        Assert.Equal("node-9 was lost (killed) with server-1: it goes on from the checkpoint after step 2, in epoch 1; steps made again: 2 (0.0 s of training)", Notices(effects)[1]);
        Assert.Contains(new PlaceShards(new ShardMap(2, [new NodeId(8), new NodeId(8)])), effects);
        var resumes = effects.Sent<ResumeServing>().ToArray();
        Assert.Equal([checkpoint.Server, checkpoint.Server with { Ledger = [], RecomputedSamples = 0 }], resumes.Select(resume => resume.State));
        Assert.Contains(new DropSnapshot(TestRun.Version(2)), effects);

        coordinator.On(Ready(0));
        effects = coordinator.On(Ready(1));
        Assert.Equal(2, effects.Sent<Welcome>().Count());
        Assert.Equal([3L, 3, 4, 4], effects.Sent<PlanStep>().Select(plan => plan.MiniBatch.Step.Value));
        Assert.All(effects.Sent<PlanStep>(), plan => Assert.Equal(header, plan.Header));
    }

    [Fact]
    public void Without_a_checkpoint_the_run_begins_anew()
    {
        Train();
        Commit(1);
        coordinator.On(new NodeLost(new NodeId(9), "killed"));
        var effects = coordinator.On(new CheckpointLoaded(null, []));
        Assert.Equal(2, effects.Sent<StartServing>().Count());
        Assert.Contains("there is no checkpoint yet, so it begins anew; steps made again: 1 (", Assert.Single(Notices(effects)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_lost_while_a_checkpoint_is_read_gets_no_shard_and_what_is_lost_later_has_it_read_again()
    {
        Train();
        coordinator.On(new NodeLost(new NodeId(9), "killed"));
        Assert.Empty(coordinator.On(new NodeLost(new NodeId(8), "killed")));
        coordinator.On(new ServerNodeJoined(new NodeId(12)));
        var effects = coordinator.On(new CheckpointLoaded(null, []));
        Assert.Contains(new PlaceShards(new ShardMap(2, [new NodeId(12), new NodeId(12)])), effects);
        Assert.Equal([new LoadCheckpoint(2, new Incarnation(3))], coordinator.On(new NodeLost(new NodeId(12), "killed")).OfType<LoadCheckpoint>());
        Assert.Contains(new PlaceShards(new ShardMap(3, [NodeId.Coordinator, NodeId.Coordinator])), coordinator.On(new CheckpointLoaded(null, [])));
    }

    [Fact]
    public void Shards_that_found_no_node_move_when_one_comes()
    {
        Train();
        coordinator.On(new NodeLost(new NodeId(9), "killed"));
        coordinator.On(new NodeLost(new NodeId(8), "killed"));
        coordinator.On(new CheckpointLoaded(null, []));
        header = header with { Incarnation = new Incarnation(2) };
        coordinator.On(Ready(0));
        coordinator.On(Ready(1));
        coordinator.On(new ServerNodeJoined(new NodeId(12)));
        Commit(1);
        SaveAfter2(committed: 2, commitsFirst: false);
        Assert.Empty(coordinator.On(Saved(2)).Sent<PlanStep>());
        State(2, shard: 0);
        Assert.Contains(new PlaceShards(new ShardMap(3, [new NodeId(12), new NodeId(12)])), State(2, shard: 1));
    }

    [Fact]
    public void Another_coordinator_goes_on_from_the_journal_and_announces_no_epoch_twice()
    {
        Train();
        SaveAfter2();
        var announced = EndEpoch1("abc").OfType<WriteJournal>().Select(write => write.Entry).OfType<EpochRecorded>().Single();
        var past = JournalPast.None.After(new IncarnationBegun(new Incarnation(4), default, "")).After(announced);

        var next = new CoordinatorActor(Definition with { Term = new Term(2), WorkerCount = 1 }, past);
        header = new Header(new Term(2), new Incarnation(5), default);
        next.On(new Started());
        next.On(new ServerNodeJoined(new NodeId(8)));
        next.On(Join(7));
        Assert.Equal([new LoadCheckpoint(2, new Incarnation(5))], next.On(new ServerNodeJoined(new NodeId(9))).OfType<LoadCheckpoint>());
        Assert.Equal(2, next.On(new CheckpointLoaded(CheckpointAfter2(), [])).Sent<ResumeServing>().Count());
        next.On(Ready(0));
        Assert.Equal([3L, 3, 4, 4], next.On(Ready(1)).Sent<PlanStep>().Select(plan => plan.MiniBatch.Step.Value));
        next.On(Committed(3, 0));
        next.On(Committed(3, 1));
        next.On(Delivered(3, 0));
        next.On(Delivered(3, 1));
        var effects = next.On(new WeightsHashed(TestRun.Version(3), "abc"));
        Assert.DoesNotContain(effects, effect => effect is Announce { Announcement: EpochAnnounced } or WriteJournal);
        Assert.Contains("epoch 1 is made again, with the weights abc of the first time", effects.OfType<Log>().Select(log => log.Sentence));
    }

    [Fact]
    public void A_replay_that_differs_ends_the_run_with_both_hashes()
    {
        Train();
        SaveAfter2();
        EndEpoch1("abc");
        coordinator.On(new NodeLost(new NodeId(9), "killed"));
        coordinator.On(new CheckpointLoaded(CheckpointAfter2(), []));
        header = header with { Incarnation = new Incarnation(2) };
        coordinator.On(Ready(0));
        coordinator.On(Ready(1));
        Assert.NotEmpty(EndEpoch1("abd").Sent<StopAfter>());
        Commit(4);
        Stopped(4);
        coordinator.On(new WeightsHashed(TestRun.Version(4), "xyz"));
        Leave(1);
        var ended = Leave(2).OfType<Announce>().Select(announce => announce.Announcement).OfType<RunEnded>().Single();
        Assert.Equal(RunOutcome.Contradicted, ended.Outcome);
        Assert.StartsWith("epoch 1 was announced with the weights abc, but made again it has abd", ended.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_takes_a_checkpoint_of_where_the_run_stands()
    {
        Train();
        SaveAfter2();
        Commit(3);
        Assert.Empty(coordinator.On(new StopRequested()).Sent<StopAfter>());
        Assert.Empty(Commit(4).Sent<PlanStep>());
        Deliver(3);
        coordinator.On(new WeightsHashed(TestRun.Version(3), "abc"));
        Assert.Contains(Commit(5).Sent<DeliverState>(), deliver => deliver is { Version.Value: 5, GoesOn: true });
        State(5, 0);
        var saved = Assert.Single(State(5, 1).OfType<SaveCheckpoint>()).Checkpoint.Coordinator;
        Assert.Equal((5L, 1, 64L), (saved.Step.Value, saved.EpochsReported, saved.Epoch!.SampleCount));
        Assert.All(coordinator.On(Saved(5)).Sent<StopAfter>(), stop => Assert.Equal(5, stop.Step.Value));
        Stopped(5);
        coordinator.On(new WeightsHashed(TestRun.Version(5), "xyz"));
        Leave(1);
        var effects = Leave(2);
        var journaled = Index(effects, effect => effect is WriteJournal { Entry: RunEndRecorded { Outcome: RunOutcome.Cancelled, LastStep.Value: 5 } });
        Assert.True(journaled >= 0 && journaled < Index(effects, effect => effect is Announce { Announcement: RunEnded }));
    }

    [Fact]
    public void A_stop_that_was_asked_for_while_shards_moved_outlives_the_loss_of_one()
    {
        Train();
        coordinator.On(new NodeLeaves(new NodeId(9), "asked to"));
        Commit(1);
        Commit(2);
        State(2, shard: 0);
        State(2, shard: 1);
        Assert.Contains(coordinator.On(Saved(2)).Sent<DeliverState>(), deliver => !deliver.GoesOn);
        coordinator.On(new StopRequested());
        coordinator.On(new NodeLost(new NodeId(8), "killed"));
        coordinator.On(new CheckpointLoaded(CheckpointAfter2(), []));
        header = header with { Incarnation = new Incarnation(2) };
        coordinator.On(Ready(0));
        var stops = coordinator.On(Ready(1)).Sent<StopAfter>().ToArray();
        Assert.Equal(2, stops.Length);
        Assert.All(stops, stop => Assert.Equal(2, stop.Step.Value));
    }

    [Fact]
    public void A_stop_without_workers_does_not_wait_for_a_checkpoint()
    {
        Train();
        coordinator.On(new WorkerLost(TestRun.Worker(1), "killed"));
        coordinator.On(new WorkerLost(TestRun.Worker(2), "killed"));
        Assert.NotEmpty(coordinator.On(new StopRequested()).Sent<StopAfter>());
    }

    [Fact]
    public void A_resumed_run_that_is_stopped_before_it_goes_on_leaves_the_checkpoints_weights()
    {
        var past = JournalPast.None.After(new IncarnationBegun(new Incarnation(1), default, ""));
        var next = new CoordinatorActor(Definition with { Term = new Term(2) }, past);
        header = new Header(new Term(2), new Incarnation(2), default);
        next.On(new Started());
        Assert.Equal([new LoadCheckpoint(2, new Incarnation(2))], next.On(new StopRequested()).OfType<LoadCheckpoint>());
        Assert.Contains(new PlaceShards(new ShardMap(1, [NodeId.Coordinator, NodeId.Coordinator])), next.On(new CheckpointLoaded(CheckpointAfter2(), [])));
        next.On(Ready(0));
        Assert.All(next.On(Ready(1)).Sent<StopAfter>(), stop => Assert.Equal(2, stop.Step.Value));
    }

    [Fact]
    public void A_worker_that_a_server_finds_at_fault_is_told_to_stop_and_its_work_goes_to_others()
    {
        Train();
        var effects = coordinator.On(new WorkerAtFault(header, new ShardId(1), TestRun.Worker(2), new SessionNumber(2), "it counts 7 samples of 8"));
        Assert.Equal([ActorAddress.Of(TestRun.Worker(2))], effects.Receivers<Stop>());
        Assert.Equal(2, effects.Sent<EndSession>().Count());
        Assert.Contains("worker-2 is lost (it counts 7 samples of 8)", Assert.Single(Notices(effects)), StringComparison.Ordinal);
        Assert.NotEmpty(coordinator.On(new WorkerAtFault(header, new ShardId(0), TestRun.Worker(2), new SessionNumber(2), "again")).Refusal());
    }

    private IReadOnlyList<Effect> Train()
    {
        coordinator.On(new Started());
        coordinator.On(new ServerNodeJoined(new NodeId(8)));
        coordinator.On(new ServerNodeJoined(new NodeId(9)));
        coordinator.On(Ready(0));
        coordinator.On(Ready(1));
        coordinator.On(Join(1));
        return coordinator.On(Join(2));
    }

    private void SaveAfter2(string? failure = null, long committed = 1, bool commitsFirst = true)
    {
        for (var step = committed; step <= 2 && (commitsFirst || step == 2); step++)
        {
            Commit(step);
        }

        State(2, shard: 0);
        Assert.Single(State(2, shard: 1).OfType<SaveCheckpoint>());
        if (commitsFirst)
        {
            coordinator.On(new CheckpointSaved(TestRun.StepOf(2), failure, 1000));
        }
    }

    private IReadOnlyList<Effect> EndEpoch1(string hash)
    {
        Commit(3);
        Deliver(3);
        return coordinator.On(new WeightsHashed(TestRun.Version(3), hash));
    }

    private IReadOnlyList<Effect> Commit(long step)
    {
        coordinator.On(Committed(step, shard: 1));
        return coordinator.On(Committed(step, shard: 0));
    }

    private IReadOnlyList<Effect> State(long version, int shard) => coordinator.On(new StateDelivered(header, new ShardId(shard), ServerState(version)));

    private void Deliver(long version)
    {
        coordinator.On(Delivered(version, 0));
        coordinator.On(Delivered(version, 1));
    }

    private void Stopped(long version)
    {
        Deliver(version);
        coordinator.On(new ServerStopped(header, new ShardId(0), TestRun.Version(version)));
        coordinator.On(new ServerStopped(header, new ShardId(1), TestRun.Version(version)));
    }

    private IReadOnlyList<Effect> Leave(int worker) => coordinator.On(new WorkerStopped(header.For(new SessionNumber(worker)), TestRun.Worker(worker)));

    private ServerReady Ready(int shard) => new(header, new ShardId(shard), default);

    private WeightsDelivered Delivered(long version, int shard) => new(header, new ShardId(shard), TestRun.Version(version));

    private StepCommitted Committed(long step, int shard)
    {
        var batch = new MiniBatch(TestRun.StepOf(step), step <= 3 ? 1 : 2, (int)((step - 1) % 3) * 32, 32, 8);
        var closed = step % 3 == 0 ? new EpochLedger(3, new LedgerProof(96, 96, 0, 0, 0), []) : null;
        return new StepCommitted(header, new ShardId(shard), batch.Step, shard == 0 ? new StepRecord(new LedgerEntry(batch, []), TestRun.Statistics(32), 0, closed) : null);
    }

    private static Checkpoint CheckpointAfter2() =>
        new(new CoordinatorState(TestRun.StepOf(2), TrainingDecisions.First(Definition), 0, new OpenEpoch(1, 2, 32, 64, 0.5, 0), 0), ServerState(2));

    private static ServerState ServerState(long version) => new(TestRun.Version(version), [0.9], [new LedgerEntry(TestRun.Batch(1), [])], 4);

    private static CheckpointSaved Saved(long step) => new(TestRun.StepOf(step), null, 1000);

    private static JoinRequested Join(int worker) => new(Header.Unintroduced, TestRun.Worker(worker), new NodeId(worker), "f32");

    private static ActorAddress Server(int shard) => ActorAddress.Of(new ShardId(shard));

    private static ImmutableArray<string> Notices(IReadOnlyList<Effect> effects) =>
        [.. effects.OfType<Announce>().Select(announce => announce.Announcement).OfType<NoticeAnnounced>().Select(notice => notice.Sentence)];

    private static int Index(IReadOnlyList<Effect> effects, Predicate<Effect> wanted) => effects.ToList().FindIndex(wanted);
}
