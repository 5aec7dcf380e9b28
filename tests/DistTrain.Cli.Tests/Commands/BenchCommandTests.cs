using DistTrain.Cli.Benchmarking;
using DistTrain.Cli.Tests.Support;
using DistTrain.Engines.Simd;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>What is measured and how it is told; no time is held to anything.</summary>
public sealed class BenchCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void Peaks_products_and_steps_are_measured_and_held_to_the_peak()
    {
        var measurements = Assert.Single(sandbox.Run("bench", "--seconds", "0.001", "--json").JsonLines).GetProperty("measurements").EnumerateArray().ToArray();
        var paths = Enum.GetValues<KernelPath>().Count(KernelPaths.IsSupported);
        Assert.Equal(paths, measurements.Count(row => row.GetProperty("measured").GetString() == "peak"));
        Assert.True(measurements.Count(row => row.GetProperty("measured").GetString() == "product") >= 3);
        Assert.True(measurements.Count(row => row.GetProperty("measured").GetString() == "step") >= 4);
        Assert.All(measurements, row => Assert.True(row.GetProperty("gigaflops").GetDouble() > 0 && row.GetProperty("bestSeconds").GetDouble() <= row.GetProperty("medianSeconds").GetDouble()));
        Assert.Equal(1, measurements[paths - 1].GetProperty("shareOfPeak").GetDouble());
    }

    [Fact]
    public void A_step_counts_the_products_of_its_layers()
    {
        // Forward and the weights' gradients of both layers, and the second one's input gradient.
        Assert.Equal(4 * 2.0 * ((2 * 784 * 16) + (3 * 16 * 10)), new TrainingStep(new SimdEngine(), "mlp:16", 4).Operations);
        var convolutions = (2 * 28 * 28 * 32 * 25.0) + (3 * 14 * 14 * 64 * 25 * 32.0);
        Assert.Equal(2 * 2 * (convolutions + (3 * 3136 * 1024.0) + (3 * 1024 * 10)), new TrainingStep(new SimdEngine(), "cnn", 2).Operations);
    }

    [Fact]
    public void A_time_that_is_none_is_refused() => sandbox.Run("bench", "--seconds", "0").AssertRefused(ExitCode.WrongUsage);
}
