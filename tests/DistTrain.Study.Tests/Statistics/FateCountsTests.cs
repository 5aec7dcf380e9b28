using DistTrain.Learning;
using DistTrain.Study.Statistics;

namespace DistTrain.Study.Tests.Statistics;

public class FateCountsTests
{
    [Fact]
    public void Fates_are_counted_and_named()
    {
        var counts = FateCounts.Of([TrialStatus.Reached, TrialStatus.Diverged, TrialStatus.Reached, TrialStatus.FailedSystem, TrialStatus.StoppedEarly]);
        Assert.Equal(new FateCounts(Reached: 2, BudgetExhausted: 0, Diverged: 1, FailedSystem: 1, StoppedEarly: 1), counts);
        Assert.Equal((5, 2), (counts.Total, counts.Censored));
        Assert.Equal("2 reached the goal, 1 diverged, 1 stopped early, 1 failed by the system", counts.ToString());
        Assert.Equal("no trials", FateCounts.Of([]).ToString());
    }

    [Theory]
    [InlineData(TrialStatus.Reached, "reached")]
    [InlineData(TrialStatus.BudgetExhausted, "budget_exhausted")]
    [InlineData(TrialStatus.Diverged, "diverged")]
    [InlineData(TrialStatus.FailedSystem, "failed_system")]
    [InlineData(TrialStatus.StoppedEarly, "stopped_early")]
    public void Files_have_the_designs_names(TrialStatus fate, string name)
    {
        Assert.Equal(name, StatusName.Of(fate));
        Assert.Equal(fate, StatusName.Parse<TrialStatus>(name));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_those_there_are() => Assert.Equal(
        "'lost' is not one of reached, budget_exhausted, diverged, failed_system, stopped_early",
        Assert.Throws<InvalidInputException>(() => StatusName.Parse<TrialStatus>("lost")).Message);

    [Fact]
    public void The_edge_of_stability_has_the_designs_name() => Assert.Equal("stability_limited", StatusName.Of(EdgeKind.StabilityLimited));
}
