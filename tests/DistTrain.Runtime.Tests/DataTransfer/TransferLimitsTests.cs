using DistTrain.Learning;
using DistTrain.Runtime.DataTransfer;

namespace DistTrain.Runtime.Tests.DataTransfer;

public sealed class TransferLimitsTests
{
    [Fact]
    public void Pauses_double_up_to_the_longest()
    {
        var limits = new TransferLimits();
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000], Enumerable.Range(1, 8).Select(failures => limits.PauseAfter(failures).TotalMilliseconds));
        Assert.Equal(limits.LongestPause, limits.PauseAfter(int.MaxValue));
    }

    [Fact]
    public void Limits_that_cannot_be_are_refused_by_name()
    {
        var limits = new TransferLimits();
        limits.Check();
        AssertRefused(limits with { SilenceDeadline = TimeSpan.Zero }, "SilenceDeadline");
        AssertRefused(limits with { SilenceDeadline = TimeSpan.FromDays(30) }, "SilenceDeadline");
        AssertRefused(limits with { FirstPause = TimeSpan.FromSeconds(-1) }, "FirstPause");
        AssertRefused(limits with { LongestPause = TimeSpan.FromMilliseconds(99) }, "LongestPause");
        AssertRefused(limits with { MaximumFailures = 0 }, "MaximumFailures");
    }

    private static void AssertRefused(TransferLimits limits, string name) =>
        Assert.Contains($"the limit {name} of file transfers must be", Assert.Throws<InvalidInputException>(limits.Check).Message, StringComparison.Ordinal);
}
