using System.Diagnostics;
using System.Globalization;
using DistTrain.Actors;
using DistTrain.Engines.Simd;
using DistTrain.Runtime;

namespace DistTrain.Benchmarks;

/// <summary>
/// What the noise scale costs: whole trainings through the actors in one process, in turns without it and with every step measured. One JSON line with the least time of a step over all epochs of each, what a measured step
/// takes more, and that as a share of a step where only one in so many is measured.
/// </summary>
internal static class QuickNoise
{
    private const int WarmUpEpochs = 1;

    public static int Run(string[] arguments)
    {
        var options = new QuickOptions(arguments);
        var plain = QuickWorkers.Definition(options) with { NoiseIntervalSteps = null };
        var measured = plain with { NoiseIntervalSteps = 1 };
        double least = double.PositiveInfinity, leastMeasured = double.PositiveInfinity;
        for (var round = 0; round < options.Rounds; round++)
        {
            least = Math.Min(least, StepSeconds(plain, options.Seconds));
            leastMeasured = Math.Min(leastMeasured, StepSeconds(measured, options.Seconds));
        }

        var share = (leastMeasured - least) / least;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"model": "{{options.Model}}", "batch": {{options.Batch}}, "workers": {{options.Workers}}, "step_ms": {{least * 1e3:F3}}, "measured_step_ms": {{leastMeasured * 1e3:F3}}, "measured_step_more_percent": {{100 * share:F1}}, "interval": {{NoiseRule.DefaultIntervalSteps}}, "share_of_a_step_percent": {{100 * share / NoiseRule.DefaultIntervalSteps:F2}}}"""));
        return 0;
    }

    /// <summary>Of the fastest epoch.</summary>
    private static double StepSeconds(TrainingDefinition definition, double seconds)
    {
        using var cancellation = new CancellationTokenSource();
        var began = Stopwatch.GetTimestamp();
        var epochs = new List<double>();
        InProcessTraining.Run(definition, new SimdEngine(), happened =>
        {
            if (happened is EpochEnded { Report: var report })
            {
                epochs.Add(report.TrainingSeconds / report.Steps);
                if (epochs.Count > WarmUpEpochs && Stopwatch.GetElapsedTime(began).TotalSeconds > seconds)
                {
                    cancellation.Cancel();
                }
            }
        }, cancellation.Token);
        return epochs.Skip(WarmUpEpochs).Min();
    }
}
