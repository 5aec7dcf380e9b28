using DistTrain.Learning;
using DistTrain.Learning.Optimization;

namespace DistTrain.Actors.Tests.Decisions;

public class EpochRuleTests
{
    private static readonly MonitoredMetric Loss = MonitoredMetric.Parse("validation-loss");

    [Fact]
    public void A_plateau_lowers_the_rate_of_the_epochs_that_follow()
    {
        var definition = TestRun.Definition(samples: 64, epochs: 9) with
        {
            ValidationSampleCount = 20, Schedule = new PlateauSchedule(new RatePlateau(0.1, 0)), Plateau = new PlateauRule(Loss, 0, 0, 0),
        };
        definition.Check();
        var better = EpochRule.Decide(definition, TrainingDecisions.First(definition), Report(1, 2, 0.9));
        Assert.Equal(new EpochSettings(2, new StepNumber(3), 32, 1), better.Next.Epoch);
        Assert.Equal("after epoch 1, validation-loss improved to 0.9", Assert.Single(better.Reasons));
        var worse = EpochRule.Decide(definition, better.Next, Report(2, 4, 0.95));
        Assert.Equal(new EpochSettings(3, new StepNumber(5), 32, 0.1), worse.Next.Epoch);
        Assert.Equal("after epoch 2, validation-loss has not improved on 0.9 for 1 epochs (now 0.95): the learning rate falls from 0.5 to 0.05", Assert.Single(worse.Notices));
        Assert.Equal(0.05, StepPlan.At(definition, worse.Next.Epoch, new StepNumber(5)).LearningRate, 1e-15);
    }

    [Fact]
    public void The_batch_grows_at_plateaus_as_far_as_it_may_and_then_the_rate_falls()
    {
        var definition = TestRun.Definition(samples: 100, batch: 16, epochs: 9) with
        {
            Schedule = new PlateauSchedule(new RatePlateau(0.5, 0)),
            BatchSchedule = new BatchSchedule(BatchGrowth.Plateau, Factor: 4, Maximum: 50),
            Plateau = new PlateauRule(MonitoredMetric.Parse("train-loss"), 0, 0, 0),
        };
        definition.Check();
        var decisions = TrainingDecisions.First(definition) with { Plateau = new PlateauState(0.1, 0, 0) };
        var grown = EpochRule.Decide(definition, decisions, Report(1, 7, 1));
        Assert.Equal(new EpochSettings(2, new StepNumber(8), 50, 1), grown.Next.Epoch);
        Assert.EndsWith("the batch grows from 16 to 50 samples", Assert.Single(grown.Notices), StringComparison.Ordinal);
        var fallen = EpochRule.Decide(definition, grown.Next, Report(2, 9, 1));
        Assert.Equal(new EpochSettings(3, new StepNumber(10), 50, 0.5), fallen.Next.Epoch);
    }

    [Fact]
    public void A_run_that_no_longer_gets_better_stops_and_knows_its_best_epoch()
    {
        var definition = TestRun.Definition(epochs: 9) with { ValidationSampleCount = 20, EarlyStopping = new EarlyStoppingRule(Loss, 2, 0, RestoresBest: true) };
        definition.Check();
        var decisions = TrainingDecisions.First(definition);
        var stops = new List<bool>();
        foreach (var (epoch, loss) in new[] { (1, 0.9), (2, 0.5), (3, 0.6), (4, 0.55) })
        {
            var decision = EpochRule.Decide(definition, decisions, Report(epoch, epoch * 3, loss));
            decisions = decision.Next;
            stops.Add(decision.Stops);
        }

        Assert.Equal([false, false, false, true], stops);
        Assert.Equal(new BestEpoch(2, new WeightVersion(6)), decisions.Best);
        Assert.Equal(4, decisions.Epoch.Epoch);
    }

    [Fact]
    public void The_plan_does_not_run_past_an_epoch_whose_metrics_decide()
    {
        var free = TestRun.Definition(samples: 64, batch: 32, epochs: 3);
        var deciding = free with { EarlyStopping = new EarlyStoppingRule(MonitoredMetric.Parse("train-loss"), 2, 0, RestoresBest: false) };
        var first = EpochSettings.First(free);
        Assert.NotNull(PlanAhead.Decide(free, first, new StepNumber(2), new StepNumber(1), 1, 0, isEvaluating: false).Next);
        var decision = PlanAhead.Decide(deciding, first, new StepNumber(2), new StepNumber(1), 1, 0, isEvaluating: false);
        Assert.Null(decision.Next);
        Assert.Equal("what follows epoch 1 depends on its metrics", decision.Reason);
        Assert.NotNull(PlanAhead.Decide(deciding, first.Next(deciding), new StepNumber(2), new StepNumber(2), 1, 1, isEvaluating: false).Next);
    }

    [Theory]
    [InlineData(100, 16, 10, 2, 7)]
    [InlineData(100, 16, 10, 3, 3)]
    [InlineData(1000, 1, 25, 2, 4)]
    [InlineData(50, 64, 5, 2, 2)]
    [InlineData(100, 16, 2, 2, 5)]
    public void The_length_of_a_run_whose_batch_grows_is_the_sum_of_its_epochs(int samples, int batch, int epochs, int factor, int every)
    {
        var definition = TestRun.Definition(samples: samples, batch: batch, epochs: epochs) with { BatchSchedule = new BatchSchedule(BatchGrowth.Step, every, factor) };
        var epoch = EpochSettings.First(definition);
        var steps = (long)epoch.Steps(definition);
        while (epoch.Epoch < epochs)
        {
            epoch = epoch.Next(definition);
            steps += epoch.Steps(definition);
        }

        Assert.Equal(steps, StepPlan.TotalSteps(definition));
    }

    [Fact]
    public void A_decision_that_nothing_can_be_known_for_is_refused_before_the_run()
    {
        var definition = TestRun.Definition(epochs: 9) with { EarlyStopping = new EarlyStoppingRule(Loss, 2, 0, RestoresBest: true) };
        Assert.StartsWith(
            "early stopping looks at validation-loss, but no samples are kept for validation", Assert.Throws<InvalidInputException>(definition.Check).Message, StringComparison.Ordinal);
        var figure = definition with { ValidationSampleCount = 10, EarlyStopping = new EarlyStoppingRule(MonitoredMetric.Parse("validation-f1"), 2, 0, RestoresBest: true) };
        Assert.Equal("early stopping looks at validation-f1, which this data does not have", Assert.Throws<InvalidInputException>(figure.Check).Message);
    }

    private static EpochReport Report(int epoch, long lastStep, double loss) => new(
        epoch, 1, lastStep, new LedgerProof(1, 1, 0, 0, 0), loss, null, new EvaluationSummary(loss, null, 20), null, 0.5, 1, 1, "hash", []);
}
