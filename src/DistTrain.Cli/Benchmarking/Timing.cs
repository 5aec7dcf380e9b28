using System.Diagnostics;

namespace DistTrain.Cli.Benchmarking;

/// <summary>How long a piece of work takes, in seconds of one run of it.</summary>
/// <param name="Best">The shortest: what the work takes where nothing disturbs it.</param>
/// <param name="Median">Of all samples.</param>
public readonly record struct Timing(double Best, double Median)
{
    /// <summary>What one sample should take at least, so that the clock's own grain does not count.</summary>
    private const double LeastSampleSeconds = 0.001;

    private const int LeastSamples = 3;

    /// <summary>Runs the work for a fifth of the time to warm up, then for the rest in samples of a millisecond or more, three at least.</summary>
    public static Timing Measure(Action work, double seconds)
    {
        ArgumentNullException.ThrowIfNull(work);
        var once = WarmUp(work, seconds / 5);
        var repeat = Math.Max(1, (int)Math.Ceiling(LeastSampleSeconds / Math.Max(once, 1e-9)));
        var samples = new List<double>();
        var began = Stopwatch.GetTimestamp();
        while (samples.Count < LeastSamples || Stopwatch.GetElapsedTime(began).TotalSeconds < seconds * 4 / 5)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < repeat; i++)
            {
                work();
            }

            samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / repeat);
        }

        samples.Sort();
        return new Timing(samples[0], samples[samples.Count / 2]);
    }

    /// <returns>Seconds of the last run.</returns>
    private static double WarmUp(Action work, double seconds)
    {
        var began = Stopwatch.GetTimestamp();
        double last;
        do
        {
            var start = Stopwatch.GetTimestamp();
            work();
            last = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds);

        return last;
    }
}
