using System.Diagnostics;
using System.Globalization;
using DistTrain.Cli.Benchmarking;
using DistTrain.Engines.Simd;

namespace DistTrain.Benchmarks;

/// <summary>
/// A whole training step of 784-512-512-10 on one thread: forward, loss, backward at the default micro-batch count, and SGD with momentum, on
/// random data; one JSON line, measured as the peer program measures PyTorch.
/// </summary>
internal static class QuickStep
{
    private const int WarmUpSteps = 30;

    public static int Run(string[] arguments)
    {
        var options = new QuickOptions(arguments);
        var training = new TrainingStep(new SimdEngine(options.Path), options.Model, options.Batch, options.Optimizer, options.Measures);
        for (int i = 0; i < WarmUpSteps; i++)
        {
            training.Run();
        }

        var times = new List<double>(1_000_000);
        var updates = new List<double>(1_000_000);
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < options.Seconds)
        {
            long start = Stopwatch.GetTimestamp();
            training.Gradient();
            long middle = Stopwatch.GetTimestamp();
            training.Update();
            long end = Stopwatch.GetTimestamp();
            times.Add(Stopwatch.GetElapsedTime(start, end).TotalSeconds);
            updates.Add(Stopwatch.GetElapsedTime(middle, end).TotalSeconds);
        }

        times.Sort();
        updates.Sort();
        double median = times[times.Count / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"engine": "{{training.KernelPath}}", "model": "{{options.Model}}", "optimizer": "{{options.Optimizer}}", "batch": {{options.Batch}}, "threads": 1, "steps": {{times.Count}}, "images_per_s": {{options.Batch / median:F0}}, "images_per_s_best": {{options.Batch / times[0]:F0}}, "images_per_s_mean": {{options.Batch / times.Average():F0}}, "step_ms": {{median * 1e3:F3}}, "step_ms_best": {{times[0] * 1e3:F3}}, "update_ms": {{updates[updates.Count / 2] * 1e3:F4}}, "update_ms_best": {{updates[0] * 1e3:F4}}}"""));
        return 0;
    }
}
