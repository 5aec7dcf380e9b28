using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using DistTrain.Cli.Benchmarking;
using DistTrain.Cli.Output;
using DistTrain.Engines.Simd;
using DistTrain.Engines.Simd.Measuring;

namespace DistTrain.Cli.Commands;

/// <param name="Seconds">For each of the measurements.</param>
public sealed record BenchRequest(double Seconds, bool Json);

/// <summary>
/// Measures the machine for the user, on one thread: what a core can do at the most, and how far from that the kernels and whole training steps are.
/// </summary>
public static class BenchCommand
{
    public const double DefaultSeconds = 1.5;

    /// <summary>Rows, columns and depth: the layers of small and large batches, and one product for its own sake.</summary>
    private static readonly ImmutableArray<(int Rows, int Columns, int Depth)> Products = [(32, 512, 784), (256, 512, 784), (784, 512, 256), (1024, 1024, 1024)];

    private static readonly ImmutableArray<(string Model, int Batch)> Steps = [("mlp:512,512", 32), ("mlp:512,512", 256), ("cnn", 32), ("cnn", 256)];

    public static ExitCode Run(BenchRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        var peaks = Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported).Select(path => MeasurePeak(path, request.Seconds)).ToArray();
        var peak = peaks.Single(measured => measured.Size == Name(KernelPaths.Best));
        Row[] rows = [.. peaks, .. Products.Select(product => MeasureProduct(product, request.Seconds)), .. Steps.Select(step => MeasureStep(step.Model, step.Batch, request.Seconds))];
        if (request.Json)
        {
            host.Output.WriteLine(Json(rows, peak));
            return ExitCode.Success;
        }

        host.Output.WriteLine($"One thread of a {RuntimeInformation.ProcessArchitecture} machine with {Environment.ProcessorCount} processors, kernels {peak.Size}; the shortest of many runs");
        host.Output.WriteLine();
        foreach (var line in TextTable.Lines(["measured", "size", "ms", "GFLOP/s", "of the peak", "samples/s"], [.. rows.Select(row => Cells(row, peak))], leftColumns: 2))
        {
            host.Output.WriteLine(line);
        }

        host.Output.WriteLine();
        host.Output.WriteLine("The peak is multiply-adds on registers alone. Steps count only the work of their products and convolutions, on images of 28 by 28 pixels in ten classes. That work is counted whole, although the gradient of a convolution leaves out what is zero behind ReLU and max-pooling: a step with convolutions can come out above the peak.");
        return ExitCode.Success;
    }

    private static Row MeasurePeak(KernelPath path, double seconds)
    {
        var work = KernelWork.Peak(path);
        return new Row("peak", Name(path), Timing.Measure(work.Run, seconds), work.Operations, null);
    }

    private static Row MeasureProduct((int Rows, int Columns, int Depth) product, double seconds)
    {
        var work = KernelWork.Product(KernelPaths.Best, product.Rows, product.Columns, product.Depth);
        return new Row("product", $"{product.Rows} x {product.Columns} x {product.Depth}", Timing.Measure(work.Run, seconds), work.Operations, null);
    }

    private static Row MeasureStep(string model, int batch, double seconds)
    {
        var step = new TrainingStep(new SimdEngine(), model, batch);
        return new Row("step", $"{model}, batch {batch}", Timing.Measure(step.Run, seconds), step.Operations, batch);
    }

    private static string Name(KernelPath path) => new SimdEngine(path).KernelPath;

    private static IReadOnlyList<string> Cells(Row row, Row peak) =>
    [
        row.What,
        row.Size,
        row.What == "peak" ? "" : Figure(row.Timing.Best * 1e3, "F3"),
        Figure(row.Gigaflops, "F1"),
        row.What == "peak" ? "" : RunText.Percent(row.Gigaflops / peak.Gigaflops),
        row.Samples is int samples ? RunText.Whole(samples / row.Timing.Best) : "",
    ];

    private static string Figure(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Json(Row[] rows, Row peak) => JsonEvents.Object(json =>
    {
        json.WriteString("kernelPath", peak.Size);
        json.WriteString("architecture", $"{RuntimeInformation.ProcessArchitecture}");
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteNumber("threads", 1);
        json.WriteObjects("measurements", rows, row =>
        {
            json.WriteString("measured", row.What);
            json.WriteString("size", row.Size);
            json.WriteFinite("bestSeconds", row.Timing.Best);
            json.WriteFinite("medianSeconds", row.Timing.Median);
            json.WriteFinite("gigaflops", row.Gigaflops);
            json.WriteFinite("shareOfPeak", row.Gigaflops / peak.Gigaflops);
            json.WriteFinite("samplesPerSecond", row.Samples is int samples ? samples / row.Timing.Best : (double?)null);
        });
    });

    /// <param name="Operations">Floating-point operations of one run.</param>
    /// <param name="Samples">Samples of one run; null where there are none.</param>
    private sealed record Row(string What, string Size, Timing Timing, double Operations, int? Samples)
    {
        /// <summary>At the best time.</summary>
        public double Gigaflops => Operations / Timing.Best / 1e9;
    }
}
