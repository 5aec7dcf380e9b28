using System.Collections.Immutable;
using DistTrain.Cli.Cluster;

namespace DistTrain.Cli.Tests.Cluster;

public class RestartRuleTests
{
    [Theory]
    [InlineData(128 + 9, true)]
    [InlineData(128 + 6, true)]
    [InlineData(-1073741819, true)]
    [InlineData((int)ExitCode.InternalError, true)]
    [InlineData((int)ExitCode.Success, false)]
    [InlineData((int)ExitCode.WrongUsage, false)]
    [InlineData((int)ExitCode.BadData, false)]
    [InlineData((int)ExitCode.Network, false)]
    [InlineData((int)ExitCode.Refused, false)]
    [InlineData((int)ExitCode.Interrupted, false)]
    public void Whoever_was_killed_is_started_again_and_whoever_has_decided_to_end_is_not(int exitCode, bool isRestarted) =>
        Assert.Equal(isRestarted, RestartRule.Decide(exitCode, [], At(10), 0.5).Pause is not null);

    [Fact]
    public void The_first_restart_is_at_once_and_the_pauses_grow()
    {
        Assert.Equal(TimeSpan.Zero, RestartRule.Decide(137, [], At(100), 0).Pause);
        var pauses = Enumerable.Range(1, RestartRule.MostRestarts - 1).Select(count => RestartRule.Decide(137, Restarts(count, At(99)), At(100), 0).Pause!.Value).ToArray();
        Assert.Equal(pauses.Order().Distinct(), pauses);
        Assert.True(pauses[0] > TimeSpan.Zero);
    }

    [Fact]
    public void One_that_dies_again_and_again_is_left_alone_and_that_is_said()
    {
        var decision = RestartRule.Decide(137, Restarts(RestartRule.MostRestarts, At(99)), At(100), 0);
        Assert.Equal((null, "; it is not started again, as it was 5 times within a minute"), (decision.Pause, decision.Reason));
    }

    [Fact]
    public void Restarts_of_long_ago_do_not_count() =>
        Assert.Equal(TimeSpan.Zero, RestartRule.Decide(137, Restarts(RestartRule.MostRestarts, At(39)), At(100), 0).Pause);

    private static ImmutableArray<TimeSpan> Restarts(int count, TimeSpan at) => [.. Enumerable.Repeat(at, count)];

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
