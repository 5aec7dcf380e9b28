using DistTrain.Learning;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class TrialFatesTests
{
    [Fact]
    public void Fates_are_counted_and_named()
    {
        var counts = FateCounts.Of([TrialFate.Reached, TrialFate.Diverged, TrialFate.Reached, TrialFate.FailedSystem, TrialFate.StoppedEarly]);
        Assert.Equal(new FateCounts(Reached: 2, BudgetExhausted: 0, Diverged: 1, FailedSystem: 1, StoppedEarly: 1), counts);
        Assert.Equal((5, 2), (counts.Total, counts.Censored));
        Assert.Equal("2 reached the goal, 1 diverged, 1 stopped early, 1 failed by the system", counts.ToString());
        Assert.Equal("no trials", FateCounts.Of([]).ToString());
    }

    [Theory]
    [InlineData(TrialFate.Reached, "reached")]
    [InlineData(TrialFate.BudgetExhausted, "budget_exhausted")]
    [InlineData(TrialFate.Diverged, "diverged")]
    [InlineData(TrialFate.FailedSystem, "failed_system")]
    [InlineData(TrialFate.StoppedEarly, "stopped_early")]
    public void Files_have_the_designs_names(TrialFate fate, string name)
    {
        Assert.Equal(name, StatusName.Of(fate));
        Assert.Equal(fate, StatusName.Parse<TrialFate>(name));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_those_there_are() => Assert.Equal(
        "'lost' is not one of reached, budget_exhausted, diverged, failed_system, stopped_early",
        Assert.Throws<InvalidInputException>(() => StatusName.Parse<TrialFate>("lost")).Message);

    [Fact]
    public void The_edge_of_stability_has_the_designs_name() => Assert.Equal("stability_limited", StatusName.Of(EdgeKind.StabilityLimited));
}
