using DistTrain.Actors;

namespace DistTrain.Simulation.Tests;

/// <summary>A parameter server of several shards gives what one of one shard gives, whatever happens, and with optimizers that exchange sums between shards.</summary>
public class ShardedRunTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    public void Any_number_of_shards_gives_the_same_outcome_with_any_exchange_of_norms(int shards, int stages)
    {
        var alone = Complete(Small(workers: 1), stages, seed: 1);
        for (ulong seed = 0; seed < 6; seed++)
        {
            Assert.Equal(alone.Outcome, Complete(Small(workers: 1 + (int)(seed % 4), shards), stages, seed).Outcome);
        }
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public void A_death_at_any_point_changes_nothing_but_who_did_the_work(int shards, int stages)
    {
        var definition = Small(workers: 3, shards);
        var alone = Complete(Small(workers: 1), stages, seed: 1);
        var undisturbed = Complete(definition, stages, seed: 4);
        Assert.Equal(alone.Outcome, undisturbed.Outcome);
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            Assert.Equal(alone.Outcome, Complete(definition, stages, seed: 4, new WorkerDies(at, new WorkerId(at % 3))).Outcome);
        }
    }

    [Fact]
    public void Deaths_of_all_and_joins_at_any_point_change_nothing_but_who_did_the_work()
    {
        var definition = Small(workers: 2, shards: 2);
        var undisturbed = Complete(definition, 1, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Complete(
                definition,
                1,
                seed: (ulong)at,
                new WorkerDies(at, new WorkerId(0)),
                new WorkerDies(at + 3, new WorkerId(1)),
                new WorkerStarts(at + 5, new SimulatedWorker(new WorkerId(0))),
                new WorkerStarts(at + 9, new SimulatedWorker(new WorkerId(2), 30)));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
        }
    }

    [Fact]
    public void A_worker_that_leaves_in_order_at_any_point_leaves_nothing_undone()
    {
        var definition = Small(workers: 2, shards: 2);
        var undisturbed = Complete(definition, 0, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Complete(definition, 0, seed: 4, new WorkerIsAskedToLeave(at, new WorkerId(at % 2)));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
            Assert.DoesNotContain(Notices(run), sentence => sentence.Contains("lost", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_last_worker_stays_until_another_has_joined()
    {
        var definition = Small(workers: 1, shards: 2);
        var undisturbed = Complete(definition, 0, seed: 4);
        var run = Complete(definition, 0, seed: 4, new WorkerIsAskedToLeave(30, new WorkerId(0)), new WorkerStarts(45, new SimulatedWorker(new WorkerId(1))));
        Assert.Equal(undisturbed.Outcome, run.Outcome);
        Assert.Contains("worker-0 wants to leave (asked to), but is the last worker: it stays until another has joined", Notices(run));
        Assert.Contains(Notices(run), sentence => sentence.StartsWith("worker-0 leaves (asked to): ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3, 0, 2)]
    [InlineData(2, 2, 2)]
    [InlineData(2, 1, 1)]
    [InlineData(2, 0, 4)]
    public void A_stop_at_any_point_leaves_the_weights_of_a_whole_step(int shards, int stages, int runAhead)
    {
        var definition = Small(workers: 2, shards) with { RunAheadSteps = runAhead };
        var hashes = HashesOfAllSteps(stages);
        var undisturbed = Complete(definition, stages, seed: 4);
        var endings = new HashSet<long>();
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            endings.Add(CheckStopped(definition, stages, hashes, seed: 4, new StopIsRequested(at)));
        }

        Assert.True(endings.Count > StepPlan.TotalSteps(definition) / 2, string.Join(' ', endings));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_stop_and_the_deaths_of_all_workers_leave_the_weights_of_a_whole_step(int stages)
    {
        var definition = Small(workers: 2, shards: 3);
        var hashes = HashesOfAllSteps(stages);
        for (var at = 12; at < 200; at++)
        {
            var first = new WorkerDies(at + (at % 5), new WorkerId(at % 2));
            var second = new WorkerDies(at + (at % 7), new WorkerId(1 - (at % 2)));
            CheckStopped(definition, stages, hashes, seed: (ulong)at, first, second, new StopIsRequested(at));
            CheckStopped(definition, stages, hashes, seed: (ulong)at, first, second, new StopIsRequested(at + 15));
        }
    }

    [Theory]
    [InlineData(1, 2, 0, 0)]
    [InlineData(3, 3, 0, 0)]
    [InlineData(3, 2, 1, 0)]
    [InlineData(4, 3, 2, 1)]
    [InlineData(6, 4, 2, 2)]
    public void An_update_that_is_not_finite_in_one_shard_brings_all_back_to_the_version_before(int step, int shards, int stages, int brokenStage)
    {
        var hashes = HashesOfAllSteps(stages);
        var definition = Small(workers: 3, shards);
        for (ulong seed = 0; seed < 12; seed++)
        {
            // Half of them are asked to stop at about the same time.
            Incident[] incidents = seed % 2 == 0 ? [] : [new StopIsRequested((long)(40 + (seed * 15)))];
            var host = new SymbolicHost(definition) { Stages = stages, NonFiniteUpdate = new StepNumber(step), NonFiniteStage = brokenStage };
            var ending = Checker.Run(Checker.Scenario(definition, seed) with { Incidents = [.. incidents] }, host).Result.Ending;
            Assert.NotNull(ending);
            Assert.Equal(hashes[ending.Version.Value], ending.WeightsHash);
            Assert.True(ending.Version.Value < step);
            if (ending.Outcome != RunOutcome.Cancelled)
            {
                Assert.Equal((RunOutcome.NonFinite, step - 1L, SymbolicHost.NonFiniteChunk), (ending.Outcome, ending.Version.Value, ending.NonFiniteChunk));
            }
        }
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_run_before_the_update_in_every_shard()
    {
        var definition = Small(workers: 3, shards: 3);
        var host = new SymbolicHost(definition) { NonFiniteLoss = new StepNumber(3) };
        var ending = Checker.Run(Checker.Scenario(definition, seed: 1), host).Result.Ending;
        Assert.NotNull(ending);
        Assert.Equal((RunOutcome.NonFinite, 2L, null), (ending.Outcome, ending.Version.Value, ending.NonFiniteChunk));
        Checker.CheckSteps(definition, host, 2);
    }

    [Fact]
    public void Training_waits_below_the_number_of_workers_where_it_is_to_and_goes_on_when_enough_are_back()
    {
        var definition = Small(workers: 2, shards: 2) with { WaitsBelowWorkerCount = true };
        var undisturbed = Complete(definition, 0, seed: 4);
        var run = Complete(definition, 0, seed: 4, new WorkerDies(50, new WorkerId(0)));
        Assert.Equal(undisturbed.Outcome, run.Outcome);
        Assert.Contains(Notices(run), sentence => sentence.EndsWith("; 1 of 2 left: training waits until there are 2 again", StringComparison.Ordinal));
    }

    internal static RunDefinition Small(int workers, int shards = 1) =>
        Checker.Definition(samples: 40, batch: 14, microBatches: 4, epochs: 2, workers: workers, tests: 20) with { ShardCount = shards };

    internal static IEnumerable<string> Notices(CheckedRun run) => run.Result.Announcements.OfType<NoticeAnnounced>().Select(notice => notice.Sentence);

    /// <summary>Of the undisturbed run of one shard, by version.</summary>
    internal static IReadOnlyDictionary<long, string> HashesOfAllSteps(int stages)
    {
        var definition = Small(workers: 1);
        var hashes = new Dictionary<long, string>();
        var deliveries = Complete(definition, stages, seed: 4).Result.Deliveries;
        for (var at = 0; at < deliveries; at++)
        {
            var host = new SymbolicHost(definition) { Stages = stages };
            var ending = Checker.Run(Checker.Scenario(definition, seed: 4) with { Incidents = [new StopIsRequested(at)] }, host).Result.Ending!;
            hashes[ending.Version.Value] = ending.WeightsHash;
        }

        Assert.Equal(StepPlan.TotalSteps(definition) + 1, hashes.Count);
        return hashes;
    }

    private static CheckedRun Complete(RunDefinition definition, int stages, ulong seed, params Incident[] incidents) =>
        Checker.RunToCompletion(Checker.Scenario(definition, seed).WithSpare(incidents), new SymbolicHost(definition) { Stages = stages });

    /// <returns>The version that the run left.</returns>
    private static long CheckStopped(RunDefinition definition, int stages, IReadOnlyDictionary<long, string> hashes, ulong seed, params Incident[] incidents)
    {
        var host = new SymbolicHost(definition) { Stages = stages };
        var run = Checker.Run(Checker.Scenario(definition, seed) with { Incidents = [.. incidents] }, host);
        var ending = run.Result.Ending;
        Assert.True(ending is not null, $"{string.Join(", ", incidents.AsEnumerable())}: the run came to rest without ending:\n" + string.Join('\n', run.Trace.TakeLast(40)));
        Assert.True(ending.Outcome == RunOutcome.Cancelled || run.Result.Reports.Length == definition.Epochs, string.Join('\n', run.Trace));
        Assert.Equal(ending.Version.Value, ending.LastStep.Value);
        Assert.Equal(hashes[ending.Version.Value], ending.WeightsHash);
        Checker.CheckSteps(definition, host, ending.Version.Value);
        return ending.Version.Value;
    }
}
