namespace DistTrain.Actors.Tests.Decisions;

public class MeasuringRuleTests
{
    [Theory]
    [InlineData(1, false, true, "step 1 is one of the first 16")]
    [InlineData(16, false, true, "step 16 is one of the first 16")]
    [InlineData(17, false, false, "step 17 is between two that are measured")]
    [InlineData(17, true, true, "step 17 ends its epoch")]
    [InlineData(40, false, true, "step 40 is a multiple of 20")]
    public void First_steps_ends_of_epochs_and_some_between_are_measured(long step, bool endsEpoch, bool measures, string reason)
    {
        Assert.Equal(new MeasuringDecision(measures, reason), MeasuringRule.Decide(new StepNumber(step), endsEpoch, intervalSteps: 20));
    }
}
