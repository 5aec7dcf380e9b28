namespace DistTrain.Actors.Tests.Decisions;

public class WorkerDeathTests
{
    [Fact]
    public void Its_open_work_goes_to_others_and_committed_work_stays()
    {
        OpenRange[] had = [new(new StepNumber(5), new WorkRange(0, 4)), new(new StepNumber(4), new WorkRange(0, 4)), new(new StepNumber(3), new WorkRange(0, 4))];
        var decision = WorkerDeath.Decide(TestRun.Definition(workers: 2), "worker-2 is lost (killed)", had, committed: new StepNumber(3), [new WorkRange(2, 5)], membersLeft: 1);
        Assert.Equal([had[1], had[0]], decision.AskTheServerAbout.ToArray());
        Assert.Equal([new WorkRange(2, 5)], decision.BlocksToAssign.ToArray());
        Assert.Equal("worker-2 is lost (killed): others take over its 3 evaluation blocks and what the server misses of its 8 open micro-batches; 1 of 2 left", decision.Reason);
    }

    [Theory]
    [InlineData(3, false, "3 left")]
    [InlineData(2, false, "2 of 3 left")]
    [InlineData(2, true, "2 of 3 left: training waits until there are 3 again")]
    [InlineData(0, false, "no worker is left: training waits until one joins")]
    [InlineData(0, true, "no worker is left: training waits until one joins")]
    public void It_says_how_many_are_left_of_how_many_and_what_that_means(int left, bool waits, string expected)
    {
        var definition = TestRun.Definition(workers: 3) with { WaitsBelowWorkerCount = waits };
        Assert.Equal($"worker-2 leaves (asked to): it had no open work; {expected}", WorkerDeath.Decide(definition, "worker-2 leaves (asked to)", [], default, [], left).Reason);
    }
}
