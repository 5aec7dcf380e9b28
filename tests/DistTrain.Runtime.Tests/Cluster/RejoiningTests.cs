using DistTrain.Runtime.Cluster;

namespace DistTrain.Runtime.Tests.Cluster;

public class RejoiningTests
{
    private static readonly TimeSpan Join = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Rejoin = TimeSpan.FromSeconds(300);

    [Fact]
    public void A_coordinator_that_was_never_reached_is_waited_for_as_long_as_joining_may_take() => Assert.Equal(Join, new Rejoining(Join, Rejoin).Patience(At(1000)));

    [Fact]
    public void The_time_runs_from_the_loss_and_attempts_that_come_to_nothing_do_not_stretch_it()
    {
        var rejoining = new Rejoining(Join, Rejoin);
        rejoining.Ended(wasMember: true, At(0), At(1000));
        Assert.Equal(Rejoin, rejoining.Patience(At(1000)));

        rejoining.Ended(wasMember: false, At(1100), At(1200));

        Assert.Equal(At(100), rejoining.Patience(At(1200)));
        Assert.Null(rejoining.Patience(At(1300)));
    }

    [Fact]
    public void A_process_that_was_a_member_again_has_the_whole_time_anew()
    {
        var rejoining = new Rejoining(Join, Rejoin);
        rejoining.Ended(wasMember: true, At(0), At(1000));
        rejoining.Ended(wasMember: true, At(1200), At(2000));
        Assert.Equal(Rejoin, rejoining.Patience(At(2000)));
    }

    [Fact]
    public void No_time_means_that_the_first_loss_is_the_end()
    {
        var rejoining = new Rejoining(Join, TimeSpan.Zero);
        rejoining.Ended(wasMember: true, At(0), At(1000));
        Assert.Null(rejoining.Patience(At(1000)));
    }

    [Fact]
    public void Memberships_that_end_as_soon_as_they_begin_are_repeated_with_a_growing_pause()
    {
        var rejoining = new Rejoining(Join, Rejoin);
        rejoining.Ended(wasMember: true, At(0), At(1000));
        Assert.Equal(TimeSpan.Zero, rejoining.Pause(0));

        rejoining.Ended(wasMember: true, At(1000), At(1001));
        var first = rejoining.Pause(0);
        rejoining.Ended(wasMember: true, At(1001), At(1002));

        Assert.InRange(first, TimeSpan.FromTicks(1), rejoining.Pause(0) - TimeSpan.FromTicks(1));
        rejoining.Ended(wasMember: true, At(1002), At(1100));
        Assert.Equal(TimeSpan.Zero, rejoining.Pause(0));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
