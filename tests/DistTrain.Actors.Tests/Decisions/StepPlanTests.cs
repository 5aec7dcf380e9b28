using DistTrain.Learning.Optimization;

namespace DistTrain.Actors.Tests.Decisions;

public class StepPlanTests
{
    [Fact]
    public void Steps_go_through_each_epoch_in_order_and_the_last_mini_batch_keeps_its_true_size()
    {
        var definition = TestRun.Definition(samples: 70, batch: 32, microBatches: null, epochs: 2);
        var plan = Enumerable.Range(1, 6).Select(step => At(definition, step)).ToList();
        Assert.Equal(6, StepPlan.TotalSteps(definition));
        Assert.Equal([(1, 0, 32), (1, 32, 32), (1, 64, 6), (2, 0, 32), (2, 32, 32), (2, 64, 6)], plan.Select(step => (step.MiniBatch.Epoch, step.MiniBatch.FirstPosition, step.MiniBatch.SampleCount)));
        Assert.Equal([false, false, true, false, false, true], plan.Select(step => step.EndsEpoch));
        Assert.Equal([2, 2, 2, 2, 2, 2], plan.Select(step => step.MiniBatch.MicroBatchCount));
    }

    [Fact]
    public void A_batch_larger_than_the_data_is_all_of_the_data()
    {
        var definition = TestRun.Definition(samples: 10, batch: 1000, epochs: 3);
        Assert.Equal(3, StepPlan.TotalSteps(definition));
        Assert.Equal(10, At(definition, 2).MiniBatch.SampleCount);
    }

    [Fact]
    public void The_learning_rate_is_the_schedules_at_that_step()
    {
        var definition = TestRun.Definition(samples: 64, batch: 32, epochs: 4, schedule: new StepSchedule(2, 0.1));
        Assert.Equal([0.5, 0.5, 0.5, 0.5, 0.05, 0.05], Enumerable.Range(1, 6).Select(step => At(definition, step).LearningRate));
    }

    [Fact]
    public void The_plan_runs_ahead_by_its_bound_and_waits_for_workers_and_evaluations()
    {
        var definition = TestRun.Definition(samples: 64, batch: 32, epochs: 3);
        Assert.Equal(new StepNumber(2), Next(planned: 1, committed: 0, members: 1, reported: 0));
        Assert.Null(Next(planned: 2, committed: 0, members: 1, reported: 0));
        Assert.Null(Next(planned: 1, committed: 0, members: 0, reported: 0));
        Assert.Null(Next(planned: 6, committed: 5, members: 1, reported: 2));

        // Step 4 ends epoch 2: it waits for the report of epoch 1, step 3 does not.
        Assert.Equal(new StepNumber(3), Next(planned: 2, committed: 2, members: 1, reported: 0));
        Assert.Null(Next(planned: 3, committed: 2, members: 1, reported: 0));
        Assert.Equal(new StepNumber(4), Next(planned: 3, committed: 2, members: 1, reported: 1));

        // Nor is it planned while another evaluation is under way: there is one at a time.
        Assert.Null(Next(planned: 3, committed: 2, members: 1, reported: 1, isEvaluating: true));
        Assert.Equal(new StepNumber(3), Next(planned: 2, committed: 2, members: 1, reported: 1, isEvaluating: true));

        StepNumber? Next(long planned, long committed, int members, int reported, bool isEvaluating = false) => PlanAhead.Decide(
            definition, TestRun.EpochOf(definition, Math.Max(1, planned)), new StepNumber(planned), new StepNumber(committed), members, reported, isEvaluating).Next?.MiniBatch.Step;
    }

    private static PlannedStep At(RunDefinition definition, long step) => StepPlan.At(definition, TestRun.EpochOf(definition, step), new StepNumber(step));
}
