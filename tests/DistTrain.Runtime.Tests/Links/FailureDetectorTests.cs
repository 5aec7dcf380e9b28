using DistTrain.Runtime.Links;

namespace DistTrain.Runtime.Tests.Links;

public class FailureDetectorTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.25);

    private static FailureDetector Detector(double? threshold = null) => new(TimeSpan.FromSeconds(5), threshold, At(0));

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>Ticks as they are to come, until <paramref name="end"/>.</summary>
    private static SilenceVerdict Run(FailureDetector detector, double begin, double end, Action<double>? each = null)
    {
        var verdict = default(SilenceVerdict);
        for (var now = begin + 0.25; now <= end; now += 0.25)
        {
            each?.Invoke(now);
            verdict = detector.Decide(At(now), Tick, 0);
            if (verdict.IsSilent)
            {
                break;
            }
        }

        return verdict;
    }

    [Fact]
    public void A_peer_that_speaks_is_not_silent()
    {
        var detector = Detector();
        Assert.Equal(new SilenceVerdict(false, "heard 0.0 s ago"), Run(detector, 0, 60, now => detector.Heard(At(now))));
    }

    [Fact]
    public void A_peer_is_silent_when_the_deadline_is_over_and_not_before()
    {
        Assert.Equal(new SilenceVerdict(false, "heard 5.0 s ago"), Run(Detector(), 0, 5));
        Assert.Equal(new SilenceVerdict(true, "silent for 5.2 s"), Run(Detector(), 0, 60));
    }

    [Fact]
    public void The_time_in_which_this_process_stood_still_does_not_count()
    {
        var detector = Detector();
        Run(detector, 0, 1);
        Assert.Equal(new SilenceVerdict(false, "heard 61.0 s ago, of which this process stood still for 59.8 s"), detector.Decide(At(61), Tick, 0));
        Assert.False(Run(detector, 61, 64.5).IsSilent);
        Assert.True(Run(detector, 64.5, 65).IsSilent);
    }

    [Fact]
    public void A_word_of_the_peer_ends_the_excuse()
    {
        var detector = Detector();
        detector.Decide(At(61), Tick, 0);
        detector.Heard(At(61));
        Assert.Equal(new SilenceVerdict(true, "silent for 5.2 s"), Run(detector, 61, 120));
    }

    [Fact]
    public void Lateness_from_before_a_word_excuses_nothing_behind_it()
    {
        var detector = Detector();
        detector.Heard(At(60.9));
        Assert.Equal(new SilenceVerdict(false, "heard 0.1 s ago, of which this process stood still for 0.1 s"), detector.Decide(At(61), Tick, 0));
        Assert.True(Run(detector, 61, 67).IsSilent);
    }

    [Fact]
    public void An_older_word_does_not_make_a_peer_more_silent()
    {
        var detector = Detector();
        detector.Heard(At(4));
        detector.Heard(At(2));
        Assert.False(Run(detector, 4, 8).IsSilent);
    }

    [Fact]
    public void Suspicion_is_a_rule_only_where_a_threshold_is_given()
    {
        Assert.False(Detector().Decide(At(0.25), Tick, 20).IsSilent);
        Assert.False(Detector(8).Decide(At(0.25), Tick, 8).IsSilent);
        Assert.Equal(new SilenceVerdict(true, "silent for 0.2 s, which is unlike it (suspicion 20.0, more than 8.0)"), Detector(8).Decide(At(0.25), Tick, 20));
    }

    [Fact]
    public void Suspicion_does_not_count_while_this_process_stood_still() => Assert.False(Detector(8).Decide(At(3), Tick, 20).IsSilent);

    [Fact]
    public void Suspicion_grows_with_the_silence_and_is_one_half_at_the_usual_gap()
    {
        var suspicion = new Suspicion(At(0.25));
        for (var beat = 0; beat < 50; beat++)
        {
            suspicion.Heartbeat(At(beat * 0.25));
        }

        var last = 49 * 0.25;
        Assert.Equal(Math.Log10(2), suspicion.Phi(At(last + 0.25)), 6);
        var phis = Enumerable.Range(0, 40).Select(tenths => suspicion.Phi(At(last + (tenths * 0.1)))).ToArray();
        Assert.Equal(phis.Order(), phis);

        // Two standard deviations beyond the mean are left to 2.3 % of a normal distribution.
        Assert.Equal(-Math.Log10(0.02275), suspicion.Phi(At(last + 0.25 + (2 * 0.0625))), 2);
        Assert.InRange(suspicion.Phi(At(last + 5)), 100, double.MaxValue);
    }

    [Fact]
    public void A_peer_that_is_irregular_is_suspected_later()
    {
        var regular = new Suspicion(At(0.25));
        var irregular = new Suspicion(At(0.25));
        for (var beat = 0; beat < 50; beat++)
        {
            regular.Heartbeat(At(beat * 0.25));
            irregular.Heartbeat(At((beat * 0.25) + (beat % 2 * 0.2)));
        }

        Assert.True(irregular.Phi(At(13.5)) < regular.Phi(At(13.5)));
        Assert.Equal(0.45, irregular.LargestGap!.Value.TotalSeconds, 6);
    }

    [Fact]
    public void Nothing_is_suspected_before_enough_heartbeats_or_behind_an_interruption()
    {
        var suspicion = new Suspicion(At(0.25));
        Assert.Equal(0, suspicion.Phi(At(100)));
        for (var beat = 0; beat < 50; beat++)
        {
            suspicion.Heartbeat(At(beat * 0.25));
        }

        suspicion.Interrupt();
        Assert.Equal(0, suspicion.Phi(At(100)));
        suspicion.Heartbeat(At(100));
        Assert.Equal(0.25, suspicion.LargestGap!.Value.TotalSeconds);
    }
}
