using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Tests.Optimization;

public class ScheduleTests
{
    [Fact]
    public void The_step_schedule_drops_after_the_given_epochs()
    {
        var schedule = Schedule.Create("step", new ScheduleSettings { StepEpochs = 2, StepFactor = 0.5 });
        var rates = Enumerable.Range(1, 12).Select(step => schedule.LearningRate(0.8, TrainingProgress.Of(step, 2, 6)));
        Assert.Equal([0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.2], rates);
    }

    [Fact]
    public void The_cosine_schedule_falls_from_the_base_rate_through_half_of_it()
    {
        var schedule = Schedule.Create("cosine", new ScheduleSettings());
        Assert.Equal(0.1, schedule.LearningRate(0.1, TrainingProgress.Of(1, 10, 10)), 1e-15);
        Assert.Equal(0.05, schedule.LearningRate(0.1, TrainingProgress.Of(51, 10, 10)), 1e-15);
        Assert.InRange(schedule.LearningRate(0.1, TrainingProgress.Of(100, 10, 10)), 0, 0.0001);
        Assert.Equal(0.01, Schedule.Create("cosine", new ScheduleSettings { FinalFraction = 0.1 }).LearningRate(0.1, TrainingProgress.Of(101, 10, 10)), 1e-15);
    }

    [Theory]
    [InlineData("warm")]
    [InlineData("")]
    public void An_unknown_schedule_is_refused_with_the_names(string name)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => Schedule.Create(name, new ScheduleSettings()));
        Assert.Contains("constant, step, multi-step, exponential, polynomial, cosine, one-cycle, plateau", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<InvalidInputException>(() => Schedule.Create("step", new ScheduleSettings { StepEpochs = 0 }));
        Assert.Throws<InvalidInputException>(() => Schedule.Create("step", new ScheduleSettings { StepFactor = double.NaN }));
        Assert.Throws<InvalidInputException>(() => Schedule.Create("cosine", new ScheduleSettings { FinalFraction = 1.5 }));
        Assert.Throws<InvalidInputException>(() => OptimizerChain.Create("momentum", new OptimizerSettings { Momentum = 1 }));
        Assert.Throws<InvalidInputException>(() => OptimizerChain.Create("adam", new OptimizerSettings { Epsilon = 0 }));
        Assert.Throws<InvalidInputException>(() => OptimizerChain.Create("sdg", new OptimizerSettings()));
    }
}
