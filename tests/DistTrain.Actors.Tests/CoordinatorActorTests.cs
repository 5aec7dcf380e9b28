using System.Collections.Immutable;
using DistTrain.Learning;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests;

public class CoordinatorActorTests
{
    [Fact]
    public void A_definition_out_of_range_is_refused_in_a_sentence() => Assert.Equal(
        "the batch size must be at least 1, but is 0", Assert.Throws<InvalidInputException>(() => new CoordinatorActor(TestRun.Definition(batch: 0))).Message);

    [Fact]
    public void Workers_are_welcomed_once_the_server_is_ready_and_training_begins_when_all_are_there()
    {
        var coordinator = new CoordinatorActor(TestRun.Definition(workers: 2));
        Assert.Equal(
            [new Log("1 shard in the coordinator's process"), new PlaceShards(TestRun.Map), new Send(TestRun.Server, new StartServing(TestRun.Header, TestRun.Shard, TestRun.Map))],
            coordinator.On(new Started()));
        Assert.Empty(coordinator.On(Join(1)));
        var effects = coordinator.On(Ready());
        Assert.Equal(TestRun.Session(1), Assert.Single(effects.Sent<Welcome>()).Header);
        Assert.Empty(effects.Sent<PlanStep>());
        effects = coordinator.On(Join(2));
        Assert.Equal(TestRun.Session(2), Assert.Single(effects.Sent<Welcome>()).Header);
        Assert.Equal([1, 2], effects.Sent<PlanStep>().Select(plan => plan.MiniBatch.Step.Value));
    }

    [Fact]
    public void A_worker_of_another_arithmetic_is_refused_with_the_reason()
    {
        var coordinator = Trained(workers: 1);
        var effects = coordinator.On(Join(2) with { Arithmetic = "f16" });
        Assert.StartsWith("its engine computes in f16, but the run in f32", Assert.Single(effects.Sent<JoinRefused>()).Reason, StringComparison.Ordinal);
        Assert.Empty(effects.Sent<Welcome>());
    }

    [Fact]
    public void Each_step_is_shared_out_and_the_plan_stays_within_its_bound()
    {
        var coordinator = new CoordinatorActor(TestRun.Definition(workers: 2));
        coordinator.On(new Started());
        coordinator.On(Ready());
        coordinator.On(Join(1));
        var effects = coordinator.On(Join(2));
        Assert.Equal([(1, 0, 4), (1, 4, 8), (2, 0, 4), (2, 4, 8)], effects.Sent<AssignMicroBatches>().Select(assign => ((int)assign.MiniBatch.Step.Value, assign.Range.First, assign.Range.End)));
        Assert.All(effects.Sent<AssignMicroBatches>(), assign => Assert.Equal("8 over 2 workers of equal speed: 4/4", assign.Reason));
        Assert.Equal([3], coordinator.On(Committed(1)).Sent<PlanStep>().Select(plan => plan.MiniBatch.Step.Value));
    }

    [Fact]
    public void The_last_step_of_an_epoch_brings_the_evaluation_of_its_version_with_it()
    {
        var coordinator = Trained(workers: 2);
        var effects = coordinator.On(Committed(1));
        Assert.True(Assert.Single(effects.Sent<PlanStep>()).EndsEpoch);
        Assert.Equal([(3L, 0, 2), (3L, 2, 3)], effects.Sent<AssignEvaluation>().Select(assign => (assign.Version.Value, assign.Blocks.First, assign.Blocks.End)));
    }

    [Fact]
    public void An_epoch_is_reported_when_its_steps_its_hash_and_its_evaluation_are_in()
    {
        var coordinator = Trained(workers: 1);
        coordinator.On(Committed(1), milliseconds: 10);
        coordinator.On(Committed(2), milliseconds: 20);
        coordinator.On(Committed(3), milliseconds: 30);
        Assert.Equal([new HashWeights(TestRun.Version(3))], coordinator.On(Delivered(3), 31));
        Assert.Empty(coordinator.On(new WeightsHashed(TestRun.Version(3), "h3"), 31).OfType<Announce>());
        var effects = coordinator.On(Evaluated(3), milliseconds: 40);
        var report = Assert.IsType<EpochAnnounced>(Assert.Single(effects.OfType<Announce>()).Announcement).Report;
        Assert.Equal((1, 3, 3L, "h3"), (report.Epoch, report.Steps, report.LastStep, report.WeightsHash));
        Assert.Equal(new LedgerProof(96, 96, 0, 0, 0), report.Ledger);
        Assert.Equal(96.0 / 96, report.TrainLoss);
        Assert.Equal(new EvaluationSummary(6.0 / 40, 0.5, 40), report.Test);
        Assert.Equal(0.03, report.TrainingSeconds, 12);
        Assert.Equal(new WorkerShare(TestRun.Worker(1), 24, 1, 3), Assert.Single(report.Workers));
        Assert.Equal(TestRun.Version(3), Assert.Single(effects.Sent<ReleaseVersion>()).Version);

        // Evaluation is no training: the second epoch begins when it has ended.
        FinishEpoch(coordinator, firstStep: 4, milliseconds: 50, out var second);
        Assert.Equal(0.03, second.TrainingSeconds, 12);
    }

    [Fact]
    public void What_a_lost_worker_leaves_open_is_asked_for_and_given_to_others()
    {
        var coordinator = Trained(workers: 3);
        var effects = coordinator.On(new WorkerLost(TestRun.Worker(2), "killed"));
        var end = Assert.Single(effects.Sent<EndSession>());
        Assert.Equal([(1L, "[3..5]"), (2L, "[3..5]")], end.OpenRanges.Select(open => (open.Step.Value, open.Range.ToString())));
        effects = coordinator.On(new NodesMissing(TestRun.Header, TestRun.Shard, TestRun.StepOf(1), [new TreeNode(0, 3), new TreeNode(1, 2)], new SessionNumber(1), "worker-2 was lost"));
        Assert.Equal([(1, "[3]"), (3, "[4..5]")], effects.OfType<Send>().Select(send => (send.To.Number, ((AssignMicroBatches)send.Message).Range.ToString())));
        Assert.StartsWith("worker-2 was lost: 3 over 2 workers", effects.Sent<AssignMicroBatches>().First().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_of_a_committed_step_are_not_computed_again()
    {
        var coordinator = Trained(workers: 2);
        coordinator.On(Committed(1));
        Assert.Empty(coordinator.On(new NodesMissing(TestRun.Header, TestRun.Shard, TestRun.StepOf(1), [new TreeNode(1, 2)], new SessionNumber(1), "late")));
    }

    [Fact]
    public void A_worker_that_joins_while_the_run_goes_on_gets_work_from_the_first_unassigned_step()
    {
        var coordinator = Trained(workers: 1);
        var effects = coordinator.On(Join(2));
        Assert.Single(effects.Sent<Welcome>());
        Assert.Empty(effects.Sent<AssignMicroBatches>());
        Assert.Equal([ActorAddress.Of(TestRun.Worker(1)), ActorAddress.Of(TestRun.Worker(2))], coordinator.On(Committed(1)).Receivers<AssignMicroBatches>());
    }

    [Fact]
    public void Work_that_nobody_could_take_is_given_to_the_first_who_joins()
    {
        var coordinator = Trained(workers: 1);
        coordinator.On(new WorkerLost(TestRun.Worker(1), "killed"));
        Assert.Empty(coordinator.On(new NodesMissing(TestRun.Header, TestRun.Shard, TestRun.StepOf(1), [new TreeNode(3, 0)], new SessionNumber(1), "lost")));
        Assert.Equal("[0..7]", Assert.Single(coordinator.On(Join(2)).Sent<AssignMicroBatches>()).Range.ToString());
    }

    [Fact]
    public void Slower_workers_get_less_after_a_few_measurements()
    {
        var coordinator = Trained(workers: 2, definition: TestRun.Definition(samples: 3200));
        var shares = Enumerable.Range(1, 12).Select(step => coordinator.On(Committed(step, [(1, 100), (2, 300)])).Sent<AssignMicroBatches>().Select(assign => assign.Range.Count).ToArray()).ToList();
        Assert.Equal([4, 4], shares[6]);
        Assert.Equal([6, 2], shares[7]);
        Assert.Equal([6, 2], shares[11]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Messages_of_an_older_authority_are_refused(long term, long incarnation)
    {
        var coordinator = Trained(workers: 1);
        var stale = new Header(new Term(term), new Incarnation(incarnation), default);
        Assert.Contains(", which ended with ", coordinator.On(Committed(1) with { Header = stale }).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Results_of_a_lost_worker_and_results_that_do_not_fit_are_refused()
    {
        var coordinator = Trained(workers: 2);
        coordinator.On(Committed(1));
        Assert.Equal("there is no block 9", coordinator.On(Evaluated(3) with { Blocks = [new BlockResult(9, 1, 1, 1)] }).Refusal());
        Assert.Equal("no evaluation of version 2 is open", coordinator.On(Evaluated(2)).Refusal());
        coordinator.On(new WorkerLost(TestRun.Worker(1), "killed"));
        Assert.Equal("worker-1 is not a member (any more)", coordinator.On(Evaluated(3)).Refusal());
    }

    [Fact]
    public void Evaluation_blocks_of_a_lost_worker_go_to_others()
    {
        var coordinator = Trained(workers: 2);
        coordinator.On(Committed(1));
        var effects = coordinator.On(new WorkerLost(TestRun.Worker(1), "killed"));
        Assert.Equal([(2, "[0..1]")], effects.OfType<Send>().Where(send => send.Message is AssignEvaluation).Select(send => (send.To.Number, ((AssignEvaluation)send.Message).Blocks.ToString())));
    }

    [Fact]
    public void A_stop_lets_the_step_under_way_finish_and_ends_when_all_have_left()
    {
        var coordinator = Trained(workers: 2);
        coordinator.On(Committed(1));
        Assert.Equal([new Send(TestRun.Server, new StopAfter(TestRun.Header, TestRun.StepOf(2)))], coordinator.On(new StopRequested()));
        Assert.Equal("the run is ending already", coordinator.On(new StopRequested()).Refusal());
        Assert.Empty(coordinator.On(Committed(2)).Sent<PlanStep>());
        Assert.Equal("the run is ending", Assert.Single(coordinator.On(Join(3)).Sent<JoinRefused>()).Reason);
        coordinator.On(Delivered(2));
        Assert.Empty(coordinator.On(new ServerStopped(TestRun.Header, TestRun.Shard, TestRun.Version(2))));
        var effects = coordinator.On(new WeightsHashed(TestRun.Version(2), "h2"));
        Assert.Equal([TestRun.Server, ActorAddress.Of(TestRun.Worker(1)), ActorAddress.Of(TestRun.Worker(2))], effects.Receivers<Stop>());
        Assert.Empty(coordinator.On(new WorkerStopped(TestRun.Session(1), TestRun.Worker(1))));
        effects = coordinator.On(new WorkerLost(TestRun.Worker(2), "killed"));
        var ended = Assert.Single(effects.OfType<Announce>().Select(announce => announce.Announcement).OfType<RunEnded>());
        Assert.Equal((RunOutcome.Cancelled, TestRun.Version(2), "h2", "stopped on request after step 2"), (ended.Outcome, ended.Version, ended.WeightsHash, ended.Explanation));
        Assert.Equal("the run has ended", coordinator.On(Join(4)).Refusal());
    }

    [Fact]
    public void A_step_that_is_not_finite_ends_the_run_and_the_sentence_names_it()
    {
        var coordinator = Trained(workers: 1);
        coordinator.On(Committed(1));
        var effects = coordinator.On(new StepNotFinite(TestRun.Header, TestRun.Shard, TestRun.StepOf(2), 5));
        Assert.Equal(TestRun.StepOf(1), Assert.Single(effects.Sent<StopAfter>()).Step);
        coordinator.On(Delivered(1));
        coordinator.On(new WeightsHashed(TestRun.Version(1), "h1"));
        coordinator.On(new ServerStopped(TestRun.Header, TestRun.Shard, TestRun.Version(1)));
        effects = coordinator.On(new WorkerStopped(TestRun.Session(1), TestRun.Worker(1)));
        var ended = Assert.IsType<RunEnded>(Assert.Single(effects.OfType<Announce>()).Announcement);
        Assert.Equal((RunOutcome.NonFinite, 5), (ended.Outcome, ended.NonFiniteChunk));
        Assert.Equal("step 2 made weights that are not finite (first in chunk 5): the run ends with the weights of step 1; try a lower learning rate", ended.Explanation);
    }

    [Fact]
    public void Progress_is_announced_at_most_ten_times_a_second()
    {
        var coordinator = Trained(workers: 1, definition: TestRun.Definition(samples: 3200));
        var announced = Enumerable.Range(1, 50).Count(step => coordinator.On(Committed(step), milliseconds: 10 * step).OfType<Announce>().Any(announce => announce.Announcement is ProgressAnnounced));
        Assert.Equal(5, announced);
    }

    private static CoordinatorActor Trained(int workers, RunDefinition? definition = null)
    {
        var coordinator = new CoordinatorActor((definition ?? TestRun.Definition()) with { WorkerCount = workers });
        coordinator.On(new Started());
        coordinator.On(Ready());
        for (var worker = 1; worker <= workers; worker++)
        {
            coordinator.On(Join(worker));
        }

        return coordinator;
    }

    private static void FinishEpoch(CoordinatorActor coordinator, int firstStep, long milliseconds, out EpochReport report)
    {
        for (var step = firstStep; step < firstStep + 3; step++)
        {
            coordinator.On(Committed(step, epoch: 2), milliseconds + (10 * (step - firstStep)));
        }

        var last = firstStep + 2;
        coordinator.On(Delivered(last), milliseconds + 30);
        coordinator.On(new WeightsHashed(TestRun.Version(last), "h"), milliseconds + 30);
        report = coordinator.On(Evaluated(last), milliseconds + 40).OfType<Announce>().Select(announce => announce.Announcement).OfType<EpochAnnounced>().Single().Report;
    }

    private static ServerReady Ready() => new(TestRun.Header, TestRun.Shard, TestRun.Version(0));

    private static JoinRequested Join(int worker) => new(Header.Unintroduced, TestRun.Worker(worker), new NodeId(worker), "f32");

    private static WeightsDelivered Delivered(long version) => new(TestRun.Header, TestRun.Shard, TestRun.Version(version));

    /// <summary>A commit of 32 samples, shared out evenly among the workers, each of which took so many microseconds.</summary>
    private static StepCommitted Committed(long step, (int Worker, long Microseconds)[]? by = null, int epoch = 1)
    {
        var entries = Enumerable.Range(0, 3).Select(position => Entry(step - ((step - 1) % 3) + position, by ?? [(1, 100)], epoch)).ToArray();
        var closed = step % 3 == 0 ? new EpochLedger(3, LedgerAudit.Prove(entries, 96, 0), LedgerAudit.Shares(entries)) : null;
        var record = new StepRecord(entries[(step - 1) % 3], new NodeStatistics(32, 16, 32), 0, closed);
        return new StepCommitted(TestRun.Header, TestRun.Shard, TestRun.StepOf(step), record);
    }

    private static LedgerEntry Entry(long step, (int Worker, long Microseconds)[] by, int epoch)
    {
        var level = by.Length == 1 ? 3 : 2;
        var nodes = by.Select((part, i) => new AcceptedNode(new TreeNode(level, i), TestRun.Worker(part.Worker), 32 / by.Length, part.Microseconds)).ToImmutableArray();
        return new LedgerEntry(new MiniBatch(TestRun.StepOf(step), epoch, (int)((step - 1) % 3) * 32, 32, 8), nodes);
    }

    private static EvaluationBlocksDone Evaluated(long version) => new(
        TestRun.Session(1), TestRun.Worker(1), TestRun.Version(version), DataSplit.Test, [new(0, 1, 8, 16), new(1, 2, 8, 16), new(2, 3, 4, 8)]);
}
