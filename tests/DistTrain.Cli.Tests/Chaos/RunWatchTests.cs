using System.Globalization;
using DistTrain.Cli.Chaos;

namespace DistTrain.Cli.Tests.Chaos;

public sealed class RunWatchTests
{
    private readonly RunWatch watch = new();

    private void Step(double at, long step) => watch.HandleLine(at, $$"""{"event":"progress","epoch":1,"step":{{step}},"totalSteps":500}""", faultAt: null);

    private void Checkpoint(double at, long step) => watch.HandleLine(at, $$"""{"event":"checkpoint","step":{{step}},"writingSeconds":0.1}""", faultAt: null);

    private void Return(double at, long from, double? faultAt, double known = 0) =>
        watch.HandleLine(at, string.Create(CultureInfo.InvariantCulture, $$"""{"event":"recovered","fromStep":{{from}},"lostSeconds":{{known}}}"""), faultAt);

    [Fact]
    public void A_return_costs_the_time_from_the_commit_of_the_checkpoint_to_the_fault()
    {
        Step(1, 10);
        Step(2, 20);
        Checkpoint(2.5, 20);
        Step(3, 30);
        Return(5, 20, faultAt: 3.5);
        Step(6, 25);
        var back = Assert.Single(watch.ReturnsSince(3.5));
        Assert.Equal((20, 30, 20, 10, 10), (back.From, back.LastTold, back.NewestCheckpoint, back.Replayed, back.Allowed));
        Assert.Equal(1.5, back.LostSeconds, 9);
        Assert.Equal((30, 35), (watch.Furthest, watch.Computed));
    }

    [Fact]
    public void A_return_behind_the_newest_checkpoint_costs_more_steps_than_it_may()
    {
        Step(1, 10);
        Checkpoint(1.5, 10);
        Step(2, 20);
        Return(3, 0, faultAt: 2);
        var back = Assert.Single(watch.ReturnsSince(0));
        Assert.Equal((20, 10), (back.Replayed, back.Allowed));
    }

    [Fact]
    public void Time_in_which_training_stood_still_is_not_lost_again()
    {
        Step(1, 10);
        Step(2, 20);
        watch.AddPause(2.2, 4.2);
        Step(5, 30);
        Return(7, 10, faultAt: 5);
        Assert.Equal(2, Assert.Single(watch.ReturnsSince(0)).LostSeconds, 9);
    }

    [Fact]
    public void What_the_coordinator_knows_to_be_lost_counts_if_it_is_more()
    {
        Step(1, 10);
        Step(2, 20);
        Return(3, 10, faultAt: 2, known: 1.5);
        Step(4, 12);
        Return(5, 10, faultAt: 4, known: 0.1);
        Assert.Equal([1.5, 1.0], watch.ReturnsSince(0).Select(back => back.LostSeconds));
    }

    [Fact]
    public void Two_returns_to_one_checkpoint_cost_what_each_of_them_throws_away()
    {
        Step(1, 10);
        Step(2, 20);
        Return(3, 10, faultAt: 2);
        Step(4, 12);
        Step(4.5, 14);
        Return(6, 10, faultAt: 5);
        Assert.Equal([(10, 1.0), (4, 2.0)], watch.ReturnsSince(0).Select(back => (back.Replayed, back.LostSeconds)));
        Return(8, 10, faultAt: 7);
        Assert.Equal((0, 0.0), (watch.ReturnsSince(8)[0].Replayed, watch.ReturnsSince(8)[0].LostSeconds));
    }

    [Fact]
    public void Training_is_further_when_a_step_beyond_is_told_of()
    {
        Step(1, 10);
        Step(2, 20);
        Assert.Null(watch.FirstBeyond(20, 0));
        Return(3, 10, faultAt: 2);
        Step(4, 15);
        Step(5, 21);
        Assert.Equal(5, watch.FirstBeyond(20, 2));
    }

    [Fact]
    public void A_line_that_was_torn_says_nothing()
    {
        watch.HandleLine(1, """{"event":"progre""", faultAt: null);
        watch.HandleLine(1, """{"event":"finished","outcome":"completed","steps":500,"weightsHash":"ab"}""", faultAt: null);
        Assert.Equal(("completed", "ab", 500), (watch.Outcome, watch.Hash, watch.Furthest));
    }
}
