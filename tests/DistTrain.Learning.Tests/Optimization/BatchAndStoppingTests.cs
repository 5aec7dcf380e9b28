using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Tests.Optimization;

public class BatchAndStoppingTests
{
    [Fact]
    public void The_batch_grows_by_its_factor_up_to_its_largest_size_and_never_beyond_the_data()
    {
        var schedule = new BatchSchedule(BatchGrowth.Step, EveryEpochs: 3, Factor: 2, Maximum: 100);
        Assert.Equal([false, false, true, false, false, true], Enumerable.Range(1, 6).Select(schedule.GrowsAfter));
        Assert.Equal(64, schedule.Grow(32, 1000));
        Assert.Equal(100, schedule.Grow(64, 1000));
        Assert.Equal(80, schedule.Grow(64, 80));
        Assert.Equal(100, schedule.Grow(100, 1000));
        Assert.False(new BatchSchedule(BatchGrowth.Plateau).GrowsAfter(10));
    }

    [Fact]
    public void The_rate_is_scaled_by_the_batch_or_its_root_and_follows_growth_only_when_asked()
    {
        Assert.Equal(4, new ScalingRule(RateScaling.Linear, 32, FollowsGrowth: false).Factor(128, 512));
        Assert.Equal(16, new ScalingRule(RateScaling.Linear, 32, FollowsGrowth: true).Factor(128, 512));
        Assert.Equal(2, new ScalingRule(RateScaling.SquareRoot, 32, FollowsGrowth: false).Factor(128, 512));
        Assert.Equal(1, ScalingRule.None.Factor(128, 512));
        Assert.Equal(
            "the learning rate is 0.1 x 4 = 0.4 by linear scaling (Goyal et al. 2017) from batches of 32 to 128 samples",
            new ScalingRule(RateScaling.Linear, 32, FollowsGrowth: false).Describe(0.1, 128, 128));
        Assert.Null(ScalingRule.None.Describe(0.1, 128, 128));
    }

    [Fact]
    public void A_cosine_goes_on_where_it_was_when_the_batch_size_changes()
    {
        // Half of the run is over after epoch 5, whether an epoch has 10 steps or 3.
        var schedule = new CosineSchedule(0);
        Assert.Equal(0.5, schedule.LearningRate(1, new TrainingProgress(51, 6, 1, 10, 10)), 1e-15);
        Assert.Equal(0.5, schedule.LearningRate(1, new TrainingProgress(51, 6, 1, 3, 10)), 1e-15);
    }

    [Fact]
    public void A_one_cycle_shorter_than_the_run_stays_at_its_lowest_rate()
    {
        var schedule = new OneCycleSchedule(4, 0.5, 10, 100);
        var rates = Enumerable.Range(1, 60).Select(step => schedule.LearningRate(1, TrainingProgress.Of(step, 10, 6))).ToArray();
        Assert.Equal(0.1, rates[0], 1e-15);
        Assert.Equal(1, rates[19], 1e-15);
        Assert.All(rates.Skip(39), rate => Assert.Equal(0.001, rate, 1e-15));
    }

    [Fact]
    public void Early_stopping_counts_epochs_without_a_better_metric()
    {
        var rule = new EarlyStoppingRule(MonitoredMetric.Parse("validation-accuracy"), PatienceEpochs: 2, MinimumDelta: 0.01, RestoresBest: true);
        var state = default(StoppingState);
        var decisions = new List<StoppingDecision>();
        double[] values = [0.5, 0.6, 0.605, 0.611, double.NaN, 0.62];
        for (var epoch = 1; epoch <= values.Length; epoch++)
        {
            decisions.Add(rule.Decide(state, epoch, values[epoch - 1]));
            state = decisions[^1].Next;
        }

        Assert.Equal([true, true, false, true, false, false], decisions.Select(decision => decision.IsBest));
        Assert.Equal([false, false, false, false, false, true], decisions.Select(decision => decision.Stops));
        Assert.Equal(new StoppingState(0.611, 4, 2), state);
        Assert.Equal("validation-accuracy has not improved on the 0.611 of epoch 4 for 2 epochs (now 0.62)", decisions[^1].Reason);
    }

    [Fact]
    public void A_metric_that_is_never_a_number_is_never_better()
    {
        var rule = new EarlyStoppingRule(MonitoredMetric.Parse("train-loss"), 2, 0, RestoresBest: true);
        var first = rule.Decide(default, 1, double.NaN);
        var second = rule.Decide(first.Next, 2, double.NaN);
        Assert.False(first.IsBest || second.IsBest);
        Assert.True(second.Stops);
    }

    [Theory]
    [InlineData("loss")]
    [InlineData("test-loss")]
    [InlineData("train-f1")]
    [InlineData("validation-")]
    [InlineData("validation-speed")]
    public void Only_metrics_that_exist_can_be_watched(string name) => Assert.Throws<InvalidInputException>(() => MonitoredMetric.Parse(name));

    [Fact]
    public void A_metric_knows_which_way_is_better()
    {
        Assert.Equal(["validation-loss", "validation-mse", "validation-rmse", "validation-mae"], Learning.Metrics.MetricNames.All
            .Select(metric => MonitoredMetric.Parse($"validation-{metric}")).Where(metric => metric.IsLowerBetter).Select(metric => metric.Name));
    }
}
