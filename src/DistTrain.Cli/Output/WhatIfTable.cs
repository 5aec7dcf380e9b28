using System.Collections.Immutable;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Cli.Output;

/// <summary>Predictions, and what they were made from.</summary>
/// <param name="Machine">That was calibrated.</param>
/// <param name="CalibrationFile">Null for the reference machine.</param>
/// <param name="MeasuredModel">On which costs were measured; another than <paramref name="Model"/> where that was not.</param>
/// <param name="Alone">One worker that holds the weights itself.</param>
/// <param name="Predictions">By shards, then by workers.</param>
internal sealed record WhatIfTable(
    string Model, string Machine, string? CalibrationFile, string MeasuredModel, Prediction Alone, ImmutableArray<Prediction> Predictions)
{
    /// <summary>Throughput as a share of as many workers alone.</summary>
    public double EfficiencyOf(Prediction prediction) => prediction.SamplesPerSecond / (Alone.SamplesPerSecond * prediction.Question.Workers);
}

/// <summary>What a step's time goes into, in the words and the grain of the output.</summary>
internal static class StepParts
{
    public static ImmutableArray<(string Name, string JsonName, ImmutableArray<Phase> Phases)> All { get; } =
    [
        ("compute", "compute", [Phase.Compute]),
        ("stragglers", "stragglers", [Phase.Straggling]),
        ("gradients up", "gradientsUp", [Phase.GradientsUp, Phase.FanIn]),
        ("add and update", "update", [Phase.Reduction, Phase.Update]),
        ("weights down", "weightsDown", [Phase.FanOut, Phase.WeightsDown]),
        ("latency", "latency", [Phase.Latency]),
        ("messages", "messages", [Phase.Messages]),
    ];

    public static double Seconds(this Prediction prediction, ImmutableArray<Phase> phases) => phases.Sum(phase => prediction.SecondsByPhase[(int)phase]);

    public static string Name(this Limit limit) => limit switch
    {
        Limit.Compute => "compute",
        Limit.Stragglers => "stragglers",
        Limit.ServerFanIn => "servers' fan-in",
        Limit.Bandwidth => "bandwidth",
        Limit.Latency => "latency",
        Limit.Update => "update",
        _ => "messages",
    };
}
