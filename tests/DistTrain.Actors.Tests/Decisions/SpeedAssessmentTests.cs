namespace DistTrain.Actors.Tests.Decisions;

public class SpeedAssessmentTests
{
    [Fact]
    public void Noise_does_not_change_what_assignments_count_with()
    {
        Assert.False(Decide((10, 100), (12, 100), (11, 100)).IsChanged);
        Assert.False(Decide((10, 100), (16, 141), (11, 100)).IsChanged);
    }

    [Fact]
    public void A_difference_beyond_the_tolerance_does()
    {
        var decision = Decide((10, 100), (20, 100), (10.5, 100));
        Assert.True(decision.IsChanged);
        Assert.Equal([100, 200, 100], decision.AssumedRelativeTimes.ToArray());
        Assert.Equal("time for the same work, measured: worker-0 100 %, worker-1 200 %, worker-2 100 %", decision.Reason);
    }

    [Fact]
    public void A_worker_that_has_recovered_is_counted_as_fast_again() => Assert.Equal([100, 100], Decide((10, 100), (10, 200)).AssumedRelativeTimes.ToArray());

    [Fact]
    public void A_worker_without_measurements_keeps_what_is_assumed_of_it() => Assert.Equal([100, 100, 400], Decide((10, 100), (null, 100), (40, 100)).AssumedRelativeTimes.ToArray());

    [Fact]
    public void What_was_assumed_after_a_change_is_not_changed_again_by_the_same_measurements()
    {
        for (var slow = 10.0; slow < 10_000; slow *= 1.07)
        {
            var first = Decide((10, 100), (slow, 100));
            var second = Decide((10, first.AssumedRelativeTimes[0]), (slow, first.AssumedRelativeTimes[1]));
            Assert.False(second.IsChanged, $"{slow} flaps: {string.Join(' ', first.AssumedRelativeTimes)} and then {string.Join(' ', second.AssumedRelativeTimes)}");
        }
    }

    private static SpeedDecision Decide(params (double? Measured, int Assumed)[] workers) =>
        SpeedAssessment.Decide([.. workers.Select((worker, i) => new SpeedRecord(new WorkerId(i), worker.Measured, worker.Assumed))]);
}
