using DistTrain.Actors;
using DistTrain.Learning.Numerics;

namespace DistTrain.Simulation.Tests;

public class WholeRunTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(70)]
    public void Any_number_of_workers_gives_the_same_outcome(int workers)
    {
        var alone = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(microBatches: 16, workers: 1), seed: 1));
        for (ulong seed = 0; seed < 5; seed++)
        {
            var run = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(microBatches: 16, workers: workers), seed));
            Assert.Equal(alone.Outcome, run.Outcome);
        }
    }

    [Fact]
    public void Workers_of_any_speed_give_the_same_outcome_and_the_slower_gets_less()
    {
        var equal = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(samples: 640, microBatches: 16, workers: 3), seed: 1));
        var unequal = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(samples: 640, microBatches: 16, workers: 3), seed: 1, 10, 80, 20));
        Assert.Equal(equal.Outcome, unequal.Outcome);
        var shares = unequal.Result.Reports[^1].Workers;
        Assert.True(shares[0].MicroBatchesAccepted > shares[2].MicroBatchesAccepted, string.Join(", ", shares));
        Assert.True(shares[2].MicroBatchesAccepted > shares[1].MicroBatchesAccepted, string.Join(", ", shares));
    }

    [Theory]
    [InlineData(100, 33)]
    [InlineData(100, 32)]
    [InlineData(7, 100)]
    [InlineData(1, 1)]
    [InlineData(65, 64)]
    [InlineData(10, 1)]
    public void Short_last_batches_and_batches_larger_than_the_data_use_every_sample_once(int samples, int batch)
    {
        for (ulong seed = 0; seed < 10; seed++)
        {
            Checker.RunToCompletion(Checker.Scenario(Checker.Definition(samples, batch, epochs: 3, workers: 3), seed));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    public void Any_run_ahead_gives_the_same_outcome(int runAhead)
    {
        var one = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(runAhead: 1, workers: 3, epochs: 4), seed: 9));
        var run = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(runAhead: runAhead, workers: 3, epochs: 4), seed: 10));
        Assert.Equal(one.Outcome, run.Outcome);
    }

    [Fact]
    public void A_run_without_a_test_part_needs_no_evaluation()
    {
        var run = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(tests: 0), seed: 3));
        Assert.All(run.Result.Reports, report => Assert.Null(report.Test));
    }

    [Fact]
    public void The_same_scenario_gives_the_same_trace_and_another_seed_another()
    {
        var definition = Checker.Definition(workers: 3);
        var first = Checker.RunToCompletion(Checker.Scenario(definition, seed: 5));
        var again = Checker.RunToCompletion(Checker.Scenario(definition, seed: 5));
        var other = Checker.RunToCompletion(Checker.Scenario(definition, seed: 6));
        Assert.Equal(first.Trace, again.Trace);
        Assert.NotEqual(first.Trace, other.Trace);
        Assert.Equal(first.Outcome, other.Outcome);
    }

    [Fact]
    public void More_workers_than_micro_batches_stay_idle_and_say_so_once()
    {
        var run = Checker.RunToCompletion(Checker.Scenario(Checker.Definition(microBatches: 16, workers: 70), seed: 2));
        var idle = run.Result.Announcements.OfType<NoticeAnnounced>().Where(notice => notice.Sentence.Contains("idle", StringComparison.Ordinal));
        Assert.Equal("the 16 micro-batches of a step keep 16 of 70 workers busy: 54 workers from worker-16 to worker-69 stay idle", Assert.Single(idle).Sentence);
        Assert.Equal(70, run.Result.Reports[0].Workers.Length);
    }

    [Fact]
    public void A_death_at_any_point_changes_nothing_but_who_did_the_work()
    {
        var definition = Checker.Definition(microBatches: 8, workers: 3);
        var undisturbed = Checker.RunToCompletion(Checker.Scenario(definition, seed: 4));
        var recomputed = 0L;
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Checker.RunToCompletion(Checker.Scenario(definition, seed: 4).WithSpare(new WorkerDies(at, new WorkerId(at % 3))));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
            recomputed += run.Result.Reports.Sum(report => report.Ledger.RecomputedSamples);
        }

        Assert.True(recomputed > 0, "no death made a late contribution, so the scenario does not show that they are refused");
    }

    [Fact]
    public void Deaths_and_joins_at_any_point_change_nothing_but_who_did_the_work()
    {
        var definition = Checker.Definition(microBatches: 8, workers: 2);
        var undisturbed = Checker.RunToCompletion(Checker.Scenario(definition, seed: 4));
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            // The second dies while the first comes back, and a stranger joins: at times nobody is there.
            var run = Checker.RunToCompletion(Checker.Scenario(definition, seed: (ulong)at) with
            {
                Incidents =
                [
                    new WorkerDies(at, new WorkerId(0)),
                    new WorkerDies(at + 3, new WorkerId(1)),
                    new WorkerStarts(at + 5, new SimulatedWorker(new WorkerId(0))),
                    new WorkerStarts(at + 9, new SimulatedWorker(new WorkerId(2), 30)),
                ],
            });
            Assert.Equal(undisturbed.Outcome, run.Outcome);
        }
    }

    [Fact]
    public void Any_run_with_any_deaths_and_joins_ends_in_the_outcome_of_the_undisturbed_one()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            var random = new CounterBasedRandom(seed, stream: 1);
            var samples = 1 + (int)random.BoundedUInt(150);
            var definition = Checker.Definition(
                samples,
                batch: 1 + (int)random.BoundedUInt(60),
                microBatches: random.BoundedUInt(2) == 0 ? null : 1 + (int)random.BoundedUInt(40),
                epochs: 1 + (int)random.BoundedUInt(3),
                workers: 1 + (int)random.BoundedUInt(6),
                tests: (int)random.BoundedUInt(60),
                runAhead: 1 + (int)random.BoundedUInt(3));
            var undisturbed = Checker.RunToCompletion(Checker.Scenario(definition with { WorkerCount = 1 }, seed));
            var speeds = Enumerable.Range(0, 6).Select(_ => 1L + random.BoundedUInt(60)).ToArray();
            var incidents = new List<Incident>();
            for (var i = 0; i < 8; i++)
            {
                var at = random.BoundedUInt((uint)undisturbed.Result.Deliveries * 2);
                var worker = new WorkerId((int)random.BoundedUInt(8));
                incidents.Add(random.BoundedUInt(2) == 0 ? new WorkerDies(at, worker) : new WorkerStarts(at, new SimulatedWorker(worker, 1 + random.BoundedUInt(60))));
            }

            // Enough are there in the end.
            incidents.AddRange(Enumerable.Range(90, definition.WorkerCount).Select(id => new WorkerStarts(100_000 + id, new SimulatedWorker(new WorkerId(id)))));
            var run = Checker.RunToCompletion(Checker.Scenario(definition, seed, speeds) with { Incidents = [.. incidents] });
            Assert.Equal(undisturbed.Outcome, run.Outcome);
        }
    }

    [Fact]
    public void Without_workers_the_run_waits_and_says_so()
    {
        var definition = Checker.Definition(workers: 1);
        var run = Checker.Run(Checker.Scenario(definition, seed: 1) with { Incidents = [new WorkerDies(30, new WorkerId(0))] }, new SymbolicHost(definition));
        Assert.Null(run.Result.Ending);
        Assert.Contains(
            run.Result.Announcements.OfType<NoticeAnnounced>(), notice => notice.Sentence.EndsWith("no worker is left: training waits until one joins", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stop_at_any_point_ends_the_run_after_a_whole_step()
    {
        var definition = Checker.Definition(microBatches: 8, workers: 3);
        var undisturbed = Checker.RunToCompletion(Checker.Scenario(definition, seed: 4));
        var endings = new HashSet<long>();
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            var host = new SymbolicHost(definition);
            var run = Checker.Run(Checker.Scenario(definition, seed: 4) with { Incidents = [new StopIsRequested(at)] }, host);
            var ending = run.Result.Ending;
            Assert.NotNull(ending);
            Assert.True(ending.Outcome == RunOutcome.Cancelled || run.Result.Reports.Length == definition.Epochs, string.Join('\n', run.Trace));
            Checker.CheckSteps(definition, host, ending.Version.Value);
            endings.Add(ending.Version.Value);
        }

        Assert.Equal(StepPlan.TotalSteps(definition) + 1, endings.Count);
    }

    [Fact]
    public void A_stop_and_the_death_of_the_last_worker_still_end_the_run()
    {
        var definition = Checker.Definition(workers: 1);
        for (var at = 1; at < 60; at++)
        {
            var run = Checker.Run(
                Checker.Scenario(definition, seed: 7) with { Incidents = [new StopIsRequested(at), new WorkerDies(at + 1, new WorkerId(0))] }, new SymbolicHost(definition));
            Assert.NotNull(run.Result.Ending);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void An_update_that_is_not_finite_ends_the_run_at_the_version_before(int step)
    {
        var definition = Checker.Definition(workers: 3);
        var host = new SymbolicHost(definition) { NonFiniteUpdate = new StepNumber(step) };
        var ending = Checker.Run(Checker.Scenario(definition, seed: 1), host).Result.Ending;
        Assert.NotNull(ending);
        Assert.Equal(RunOutcome.NonFinite, ending.Outcome);
        Assert.Equal(step - 1, ending.Version.Value);
        Assert.Equal(7, ending.NonFiniteChunk);
        Assert.StartsWith($"step {step} made weights that are not finite", ending.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_run_before_the_update()
    {
        var definition = Checker.Definition(workers: 3);
        var host = new SymbolicHost(definition) { NonFiniteLoss = new StepNumber(3) };
        var ending = Checker.Run(Checker.Scenario(definition, seed: 1), host).Result.Ending;
        Assert.NotNull(ending);
        Assert.Equal(RunOutcome.NonFinite, ending.Outcome);
        Assert.Equal(2, ending.Version.Value);
        Assert.Null(ending.NonFiniteChunk);
        Assert.StartsWith("the loss of step 3 is not finite", ending.Explanation, StringComparison.Ordinal);
        Checker.CheckSteps(definition, host, 2);
    }
}
