namespace DistTrain.Actors.Tests.Decisions;

public class WorkerDeathTests
{
    [Fact]
    public void Its_open_work_goes_to_others_and_committed_work_stays()
    {
        OpenRange[] had = [new(new StepNumber(5), new WorkRange(0, 4)), new(new StepNumber(4), new WorkRange(0, 4)), new(new StepNumber(3), new WorkRange(0, 4))];
        var decision = WorkerDeath.Decide(new WorkerId(2), "killed", had, committed: new StepNumber(3), [new WorkRange(2, 5)], membersLeft: 1);
        Assert.Equal([had[1], had[0]], decision.AskTheServerAbout.ToArray());
        Assert.Equal([new WorkRange(2, 5)], decision.BlocksToAssign.ToArray());
        Assert.False(decision.TrainingWaits);
        Assert.Equal("worker-2 is lost (killed): others take over its 3 evaluation blocks and what the server misses of its 8 open micro-batches; 1 left", decision.Reason);
    }

    [Fact]
    public void Without_open_work_nothing_has_to_be_done() =>
        Assert.Equal("worker-2 is lost (killed): it had no open work; 3 left", WorkerDeath.Decide(new WorkerId(2), "killed", [], default, [], 3).Reason);

    [Fact]
    public void The_last_workers_death_makes_training_wait()
    {
        var decision = WorkerDeath.Decide(new WorkerId(2), "killed", [], default, [], membersLeft: 0);
        Assert.True(decision.TrainingWaits);
        Assert.EndsWith("no worker is left: training waits until one joins", decision.Reason, StringComparison.Ordinal);
    }
}
