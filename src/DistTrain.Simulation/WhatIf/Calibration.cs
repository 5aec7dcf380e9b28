using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Learning;

namespace DistTrain.Simulation.WhatIf;

/// <summary>What a model takes on one thread of the machine.</summary>
/// <param name="Model">Its short form, for images of 28 by 28 pixels in ten classes.</param>
/// <param name="OperationsPerSample">Floating-point operations of a training sample, by which models are compared that were not measured.</param>
/// <param name="GradientSeconds">a of the time a + b·n of a gradient over n samples.</param>
/// <param name="GradientSecondsPerSample">b.</param>
/// <param name="LargestError">Of that line, at the sizes that were measured, as a share of the measured time.</param>
/// <param name="UpdateSecondsPerElement">The optimizer, for a parameter.</param>
/// <param name="ReductionSecondsPerElement">Adding one more tree node, for a parameter.</param>
public sealed record ModelCalibration(
    string Model,
    double OperationsPerSample,
    double GradientSeconds,
    double GradientSecondsPerSample,
    double LargestError,
    double UpdateSecondsPerElement,
    double ReductionSecondsPerElement);

/// <summary>What was measured of a machine, from which runs are predicted.</summary>
public sealed record Calibration
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>For people.</summary>
    public required string Machine { get; init; }

    public required int Processors { get; init; }

    public required ImmutableArray<ModelCalibration> Models { get; init; }

    /// <summary>Of samples, from the data into a batch.</summary>
    public required double GatherSecondsPerByte { get; init; }

    /// <inheritdoc cref="CostModel.MessageSeconds"/>
    public required double MessageSeconds { get; init; }

    /// <inheritdoc cref="CostModel.RemoteMessageSeconds"/>
    public required double RemoteMessageSeconds { get; init; }

    /// <inheritdoc cref="CostModel.WakeSeconds"/>
    public required double WakeSeconds { get; init; }

    /// <summary>Between two processes of the machine, each way while as much goes the other way.</summary>
    public required double LocalBytesPerSecond { get; init; }

    /// <summary>Of a message from one process of the machine to another.</summary>
    public required double LocalLatencySeconds { get; init; }

    /// <inheritdoc cref="CostModel.Contention"/>
    public required double Contention { get; init; }

    /// <exception cref="InvalidInputException">The text is no calibration; one sentence says why.</exception>
    public static Calibration Read(string json, string name)
    {
        try
        {
            var read = JsonSerializer.Deserialize<Calibration>(json, Form) ?? throw new InvalidInputException($"{name} holds no calibration");
            return read.ReasonNotToUse() is { } reason ? throw new InvalidInputException($"{name} is no calibration that can be used: {reason}") : read;
        }
        catch (JsonException fault)
        {
            throw new InvalidInputException($"{name} is no calibration as 'disttrain bench --calibrate' writes it{(fault.LineNumber is { } line ? $" (line {line + 1})" : "")}");
        }
    }

    public string Write() => JsonSerializer.Serialize(this, Form) + "\n";

    /// <summary>The costs of a model. One that was not measured is taken to do as many operations a second as the measured one that is nearest in operations a sample.</summary>
    /// <param name="model">Its short form.</param>
    /// <param name="operationsPerSample">Of it.</param>
    /// <param name="sampleBytes">Of a sample's input.</param>
    /// <returns>The costs, and the model that they were measured on.</returns>
    public (CostModel Costs, ModelCalibration Measured) CostsOf(string model, double operationsPerSample, int sampleBytes)
    {
        var measured = Models.FirstOrDefault(known => known.Model == model) ?? Models.MinBy(known => Math.Abs(Math.Log(known.OperationsPerSample / Math.Max(1, operationsPerSample))))!;
        var scale = operationsPerSample / measured.OperationsPerSample;
        var costs = new CostModel
        {
            GradientSeconds = measured.GradientSeconds,
            GradientSecondsPerSample = measured.GradientSecondsPerSample * scale,
            GatherSecondsPerSample = GatherSecondsPerByte * sampleBytes,
            UpdateSecondsPerElement = measured.UpdateSecondsPerElement,
            ReductionSecondsPerElement = measured.ReductionSecondsPerElement,
            MessageSeconds = MessageSeconds,
            RemoteMessageSeconds = RemoteMessageSeconds,
            WakeSeconds = WakeSeconds,
            Contention = Contention,
            Processors = Processors,
        };
        return (costs, measured);
    }

    private string? ReasonNotToUse()
    {
        if (Models.IsDefaultOrEmpty)
        {
            return "it names no model";
        }

        double[] costs = [GatherSecondsPerByte, MessageSeconds, RemoteMessageSeconds, WakeSeconds, LocalLatencySeconds, .. Models.SelectMany(CostsOf)];
        if (!costs.All(cost => double.IsFinite(cost) && cost is >= 0 and < 1e3))
        {
            return "a time is not from 0 to 1000 seconds";
        }

        if (Models.Any(model => !(model.OperationsPerSample > 0)))
        {
            return "a model has no operations";
        }

        return Processors is < 1 or > 4096 ? "it has no processors, or too many"
            : !(LocalBytesPerSecond > 0) ? "nothing goes between its processes"
            : !(Contention is >= 1 and <= 1000) ? "its contention is not from 1 to 1000"
            : null;
    }

    private static double[] CostsOf(ModelCalibration model) =>
        [model.GradientSeconds, model.GradientSecondsPerSample, model.UpdateSecondsPerElement, model.ReductionSecondsPerElement];
}
