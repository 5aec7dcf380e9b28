using DistTrain.Actors;

namespace DistTrain.Simulation.Tests;

/// <summary>Runs that are evaluated within epochs and end there, whoever took part and whatever happened meanwhile.</summary>
public class StepEvaluatedRunTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Any_number_of_workers_finds_the_same_at_the_same_steps(int workers)
    {
        var alone = Run(Evaluated(workers: 1), seed: 1);

        // Step 8 ends an epoch, whose report says what was found.
        Assert.Equal([2L, 5, 11], Steps(alone));
        for (ulong seed = 0; seed < 5; seed++)
        {
            var run = Run(Evaluated(workers), seed);
            Assert.Equal(alone.Outcome, run.Outcome);
            Assert.Equal(Findings(alone), Findings(run));
        }
    }

    [Fact]
    public void A_run_ends_with_the_weights_that_meet_its_goal()
    {
        // The loss falls with each version; it is below 0.3 for the first time after step 8, and step 7 is not evaluated.
        var run = Run(Evaluated() with { StepEvaluations = new StepEvaluations { FirstStep = 2, EverySteps = 3, Goal = new StoppingGoal(OfError: false, 0.3) } }, seed: 2);
        Assert.Equal(RunOutcome.StoppedEarly, run.Result.Ending!.Outcome);
        Assert.Equal(8, run.Result.Ending.LastStep.Value);
        Assert.Equal(8, run.Result.Ending.Version.Value);
        Assert.Equal(40, run.Result.Ending.Test!.SampleCount);
        Assert.Contains(run.Result.Announcements.OfType<NoticeAnnounced>(), notice => notice.Sentence == "the goal loss < 0.3 is reached after step 8: training stops");
    }

    [Fact]
    public void A_goal_that_is_met_at_an_epochs_end_ends_the_run_there()
    {
        var run = Run(Evaluated() with { StepEvaluations = new StepEvaluations { FirstStep = 100, Goal = new StoppingGoal(OfError: false, 0.7) } }, seed: 2);
        Assert.Equal((RunOutcome.StoppedEarly, 4L, 1), (run.Result.Ending!.Outcome, run.Result.Ending.LastStep.Value, run.Result.Ending.EpochsCompleted));
        Assert.Empty(Steps(run));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    public void A_run_of_a_number_of_steps_ends_with_the_last_of_them_and_an_evaluation(long steps)
    {
        var run = Run(Evaluated() with { StepEvaluations = new StepEvaluations { FirstStep = 100, MaximumSteps = steps } }, seed: 2);
        Assert.Equal((RunOutcome.StoppedEarly, steps), (run.Result.Ending!.Outcome, run.Result.Ending.LastStep.Value));
        Assert.Equal(steps == 6 ? [6L] : [], Steps(run));
    }

    [Fact]
    public void A_death_at_any_point_changes_nothing()
    {
        var definition = Evaluated(workers: 3);
        var undisturbed = Run(definition, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at += 2)
        {
            var run = Run(definition, seed: (ulong)at, new WorkerDies(at, new WorkerId(at % 3)), new WorkerStarts(at + 5, new SimulatedWorker(new WorkerId(7), 20)));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
            Assert.Equal(Findings(undisturbed), Findings(run));
        }
    }

    [Fact]
    public void A_shard_that_is_lost_at_any_point_changes_neither_the_goal_nor_the_bits()
    {
        var definition = ShardedRunTests.Small(workers: 2, shards: 3) with
        {
            Placement = ShardPlacement.Servers,
            Checkpoints = new CheckpointPolicy { EverySteps = 1 },
            StepEvaluations = new StepEvaluations { FirstStep = 1, Goal = new StoppingGoal(OfError: false, 0.6) },
        };
        CheckedRun Lossy(params Incident[] incidents) => Checker.Run(PlacedRunTests.WithNodes(definition, seed: 4, incidents), new SymbolicHost(definition) { Stages = 1, EvaluationLoss = Loss });
        var undisturbed = Lossy();
        Assert.Equal((RunOutcome.StoppedEarly, 5L), (undisturbed.Result.Ending!.Outcome, undisturbed.Result.Ending.LastStep.Value));
        for (var at = 4; at < undisturbed.Result.Deliveries; at++)
        {
            var run = Lossy(new NodeDies(at, new NodeId(10 + (at % 3))));
            Assert.True(run.Result.Ending is not null, $"{at}:\n" + string.Join('\n', run.Trace.TakeLast(40)));
            Assert.Equal(undisturbed.Outcome, run.Outcome);
        }
    }

    [Fact]
    public void A_stop_at_any_point_ends_the_run_at_once()
    {
        var definition = Evaluated(workers: 2);
        var undisturbed = Run(definition, seed: 4);
        for (var at = 0; at < undisturbed.Result.Deliveries; at++)
        {
            var ending = Run(definition, seed: 4, new StopIsRequested(at)).Result.Ending!;

            // The last planned step may have been made before the shards were asked to stop after the one before it.
            Assert.InRange(ending.LastStep.Value - ending.Version.Value, 0, 1);
        }
    }

    [Fact]
    public void Evaluation_is_no_training_time()
    {
        // Training makes the same with and without; evaluations in between, which take most of the time, must not show.
        var plain = Run(Evaluated(workers: 1) with { StepEvaluations = null, EarlyStopping = null }, seed: 1);
        var evaluated = Run(Evaluated(workers: 1) with { StepEvaluations = new StepEvaluations { FirstStep = 1 } }, seed: 1);
        Assert.Equal(plain.Result.Ending!.WeightsHash, evaluated.Result.Ending!.WeightsHash);
        Assert.InRange(evaluated.Result.Ending.TrainingSeconds, plain.Result.Ending.TrainingSeconds * 0.7, plain.Result.Ending.TrainingSeconds * 1.3);
    }

    private static double Loss(WeightVersion version) => 1 - (version.Value * 0.09);

    private static IEnumerable<long> Steps(CheckedRun run) => run.Result.Announcements.OfType<StepEvaluated>().Select(found => found.Step.Value);

    private static IEnumerable<(int, long, long, double, double)> Findings(CheckedRun run) =>
        run.Result.Announcements.OfType<StepEvaluated>().Select(found => (found.Epoch, found.Step.Value, found.SamplesDone, found.MeanLoss, found.Found.MeanLoss));

    private static RunDefinition Evaluated(int workers = 2) => Checker.Definition(samples: 100, batch: 32, microBatches: 8, epochs: 3, workers: workers, tests: 40) with
    {
        ValidationSampleCount = 30,
        StepEvaluations = new StepEvaluations { FirstStep = 2, EverySteps = 3 },
    };

    private static CheckedRun Run(RunDefinition definition, ulong seed, params Incident[] incidents)
    {
        var run = Checker.Run(Checker.Scenario(definition, seed).WithSpare(incidents), new SymbolicHost(definition) { EvaluationLoss = Loss });
        Assert.True(run.Result.Ending is not null, "the run came to rest without ending:\n" + string.Join('\n', run.Trace.TakeLast(40)));
        return run;
    }
}
