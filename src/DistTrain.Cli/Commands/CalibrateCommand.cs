using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Cli.Benchmarking;
using DistTrain.Cli.Output;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Commands;

/// <param name="File">To be written.</param>
/// <param name="Models">Short forms, at least one.</param>
/// <param name="Seconds">For each of the measurements.</param>
public sealed record CalibrateRequest(string File, ImmutableArray<string> Models, double Seconds);

/// <summary>Measures this machine as predictions need it.</summary>
public static class CalibrateCommand
{
    public static ImmutableArray<string> DefaultModels { get; } = ["mlp:512,512", "cnn"];

    public static ExitCode Run(CalibrateRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);

        // Before minutes are spent on what cannot be kept.
        OutputFile.Check(request.File);
        var measured = Calibrator.Measure(() => host.Engine("simd"), request.Models, request.Seconds);
        OutputFile.Write(request.File, measured.Write());
        WriteText(measured, request.File, host.Output);
        return ExitCode.Success;
    }

    private static void WriteText(Calibration measured, string file, TextWriter output)
    {
        output.WriteLine($"{measured.Machine}; the shortest of many runs, on one thread but for what goes between processes");
        output.WriteLine();
        var rows = measured.Models.Select(model => (IReadOnlyList<string>)
        [
            model.Model,
            Figure(model.GradientSeconds * 1e3, "F3"),
            Figure(model.GradientSecondsPerSample * 1e6, "F2"),
            RunText.Percent(model.LargestError),
            Figure(model.UpdateSecondsPerElement * 1e9, "F3"),
            Figure(model.ReductionSecondsPerElement * 1e9, "F3"),
        ]);
        foreach (var line in TextTable.Lines(["model", "gradient ms", "+ us a sample", "line off by", "update ns", "tree node ns"], [.. rows], leftColumns: 1))
        {
            output.WriteLine(line);
        }

        output.WriteLine();
        output.WriteLine("Update and tree node are for a parameter. "
            + $"A message takes {Figure(measured.MessageSeconds * 1e6, "F2")} us in a process, {Figure(measured.LocalLatencySeconds * 1e6, "F1")} us to another one (each {Figure(measured.RemoteMessageSeconds * 1e6, "F2")} us of work at either end); "
            + $"tensors go there at {Figure(measured.LocalBytesPerSecond / 1e9, "F2")} GB/s both ways; a thread wakes in {Figure(measured.WakeSeconds * 1e6, "F0")} us; "
            + $"with all processors busy a gradient takes {Figure(measured.Contention, "F2")} times as long.");
        output.WriteLine($"written to {file}: disttrain simulate --calibration {Shell.Quote(file)} --workers 64");
    }

    private static string Figure(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
