using DistTrain.Actors;
using DistTrain.Learning.Numerics;
using DistTrain.Learning.Optimization;

namespace DistTrain.Simulation.Tests;

/// <summary>Runs in which metrics decide: the batch grows, the rate falls, the run stops and leaves its best weights, whoever took part and whatever happened meanwhile.</summary>
public class DecidedRunTests
{
    private const int Epochs = 8;

    /// <summary>Losses of epochs 1 to 8: the best is the third's, and from there on nothing gets better.</summary>
    private static readonly double[] Losses = [1, 0.9, 0.5, 0.8, 0.7, 0.6, 0.55, 0.4];

    [Fact]
    public void The_run_stops_early_and_leaves_the_weights_of_its_best_epoch()
    {
        var run = Run(Deciding(), seed: 3);
        var ending = run.Result.Ending!;
        Assert.Equal(RunOutcome.StoppedEarly, ending.Outcome);
        Assert.Equal((6, 3), (ending.EpochsCompleted, ending.RestoredEpoch!.Value));
        Assert.Equal(run.Result.Reports[2].WeightsHash, ending.WeightsHash);
        Assert.Equal(run.Result.Reports[2].LastStep, ending.Version.Value);
        Assert.Equal(run.Result.Reports[^1].LastStep, ending.LastStep.Value);
        Assert.Equal(40, ending.Test!.SampleCount);
        Assert.All(run.Result.Reports, report => Assert.Null(report.Test));

        // A plateau after epoch 4: the batch doubles, and the rate stays.
        Assert.Equal([4, 4, 4, 4, 2, 2], run.Result.Reports.Select(report => report.Steps));
        Assert.Contains(run.Result.Announcements.OfType<NoticeAnnounced>(), notice => notice.Sentence == "from epoch 5 on, batches have 64 samples instead of 32");
        Assert.Contains(run.Result.Announcements.OfType<NoticeAnnounced>(), notice => notice.Sentence.EndsWith("for 3 epochs (now 0.6): training stops", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_restoring_the_last_weights_are_left()
    {
        var definition = Deciding();
        var run = Run(definition with { EarlyStopping = definition.EarlyStopping! with { RestoresBest = false } }, seed: 3);
        Assert.Equal(RunOutcome.StoppedEarly, run.Result.Ending!.Outcome);
        Assert.Null(run.Result.Ending.RestoredEpoch);
        Assert.Equal(run.Result.Reports[^1].WeightsHash, run.Result.Ending.WeightsHash);
    }

    [Fact]
    public void A_run_that_takes_all_its_epochs_leaves_its_best_weights_as_well()
    {
        var definition = Deciding();
        var run = Run(definition with { Epochs = 5 }, seed: 3);
        Assert.Equal(RunOutcome.Completed, run.Result.Ending!.Outcome);
        Assert.Equal(3, run.Result.Ending.RestoredEpoch);
        Assert.Equal(run.Result.Reports[2].WeightsHash, run.Result.Ending.WeightsHash);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Any_number_of_workers_decides_the_same(int workers)
    {
        var alone = Run(Deciding(workers: 1), seed: 1);
        for (ulong seed = 0; seed < 5; seed++)
        {
            Assert.Equal(alone.Outcome, Run(Deciding(workers), seed).Outcome);
        }
    }

    [Fact]
    public void A_death_at_any_point_changes_no_decision()
    {
        var definition = Deciding(workers: 3);
        var undisturbed = Run(definition, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at += 3)
        {
            Assert.Equal(undisturbed.Outcome, Run(definition, seed: 4, new WorkerDies(at, new WorkerId(at % 3))).Outcome);
        }
    }

    [Fact]
    public void A_time_without_workers_at_any_point_changes_no_decision()
    {
        var definition = Deciding(workers: 2);
        var undisturbed = Run(definition, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at += 3)
        {
            var run = Run(
                definition,
                seed: (ulong)at,
                new WorkerDies(at, new WorkerId(0)),
                new WorkerDies(at + 2, new WorkerId(1)),
                new WorkerStarts(at + 4, new SimulatedWorker(new WorkerId(0))),
                new WorkerStarts(at + 9, new SimulatedWorker(new WorkerId(2), 30)));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
        }
    }

    [Fact]
    public void A_stop_at_any_point_ends_the_run_with_its_last_step()
    {
        var definition = Deciding(workers: 2);
        var undisturbed = Run(definition, seed: 4);
        var outcomes = new HashSet<RunOutcome>();
        for (var at = 0; at < undisturbed.Result.Deliveries; at += 2)
        {
            var ending = Run(definition, seed: 4, new StopIsRequested(at)).Result.Ending;
            Assert.NotNull(ending);
            outcomes.Add(ending.Outcome);
            Assert.True(ending.Outcome == RunOutcome.StoppedEarly || (ending.RestoredEpoch is null && ending.Version == ending.LastStep.Makes), $"a stop at {at}: {ending}");
        }

        Assert.Equal([RunOutcome.StoppedEarly, RunOutcome.Cancelled], outcomes.Order());
    }

    [Fact]
    public void The_plan_never_runs_past_an_open_decision_and_runs_ahead_within_an_epoch()
    {
        var (reported, ahead) = (0, 0L);
        var definition = Deciding(workers: 3);
        var committed = 0L;
        DeterministicRun.Execute(Checker.Scenario(definition, seed: 2), Host(definition), delivery =>
        {
            committed = delivery.Message is StepCommitted step ? step.Step.Value : committed;
            foreach (var effect in delivery.Effects)
            {
                reported += effect is Announce { Announcement: EpochAnnounced } ? 1 : 0;
                if (effect is Send { Message: PlanStep plan })
                {
                    Assert.True(plan.MiniBatch.Epoch <= reported + 1, $"step {plan.MiniBatch.Step} was planned when {reported} epochs were reported");
                    ahead = Math.Max(ahead, plan.MiniBatch.Step.Value - committed);
                }
            }
        });
        Assert.Equal(2, ahead);
    }

    [Fact]
    public void A_batch_that_grows_by_its_schedule_waits_for_nothing_and_uses_every_sample_once()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var random = new CounterBasedRandom(seed, stream: 2);
            var definition = Checker.Definition(
                samples: 20 + (int)random.BoundedUInt(150), batch: 1 + (int)random.BoundedUInt(10), epochs: 5, workers: 1 + (int)random.BoundedUInt(4)) with
            {
                BatchSchedule = new BatchSchedule(BatchGrowth.Step, 2, 1.7),
                Scaling = new ScalingRule(RateScaling.Linear, 4, FollowsGrowth: true),
                Schedule = new CosineSchedule(0),
            };
            Assert.False(definition.DecidesAfterEpochs);
            Checker.RunToCompletion(Checker.Scenario(definition, seed));
        }
    }

    [Fact]
    public void A_run_of_no_epochs_leaves_its_initial_weights()
    {
        var run = Run(Checker.Definition(epochs: 0), seed: 1);
        Assert.Equal((RunOutcome.Completed, 0L), (run.Result.Ending!.Outcome, run.Result.Ending.Version.Value));
    }

    private static RunDefinition Deciding(int workers = 2) => Checker.Definition(samples: 100, batch: 32, microBatches: 8, epochs: Epochs, workers: workers, tests: 40) with
    {
        ValidationSampleCount = 30,
        BatchSchedule = new BatchSchedule(BatchGrowth.Plateau),
        Plateau = new PlateauRule(MonitoredMetric.Parse("validation-loss"), 0, 0, 1),
        EarlyStopping = new EarlyStoppingRule(MonitoredMetric.Parse("validation-loss"), 3, 0, RestoresBest: true),
    };

    private static CheckedRun Run(RunDefinition definition, ulong seed, params Incident[] incidents)
    {
        var run = Checker.Run(Checker.Scenario(definition, seed).WithSpare(incidents), Host(definition));
        Assert.True(run.Result.Ending is not null, "the run came to rest without ending:\n" + string.Join('\n', run.Trace.TakeLast(40)));
        foreach (var report in run.Result.Reports)
        {
            Assert.Equal(new LedgerProof(definition.SampleCount, definition.SampleCount, 0, 0, report.Ledger.RecomputedSamples), report.Ledger);
        }

        return run;
    }

    /// <summary>The loss of an epoch's last version is the epoch's; epochs have four steps, and two once the batch has grown after epoch 4.</summary>
    private static SymbolicHost Host(RunDefinition definition) => new(definition)
    {
        EvaluationLoss = version => Losses[(int)(version.Value <= 16 ? (version.Value / 4) - 1 : 4 + ((version.Value - 18) / 2))],
    };
}
