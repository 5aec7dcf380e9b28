using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Cli.Configuration;
using DistTrain.Data;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Runtime;

namespace DistTrain.Cli.Output;

/// <summary>All that is known of a run before its first step.</summary>
/// <param name="Configuration">Resolved.</param>
/// <param name="KernelPath">What really runs.</param>
/// <param name="Version">The program's, with its revision.</param>
public sealed record RunDescription(
    TrainConfiguration Configuration, DataSet Data, ModelGraph Graph, string KernelPath, ArithmeticId ArithmeticId, string RunDirectory, string Version)
{
    /// <summary>What batch norm takes its statistics over; null for a model without.</summary>
    public GhostBatch? GhostBatch => Learning.Graph.GhostBatch.Of(Graph, Math.Min(Configuration.BatchSize, Data.Train.Count), Configuration.MicroBatches);
}

/// <summary>All that is known of a run at its end.</summary>
/// <param name="Steps">That were made.</param>
/// <param name="Validation">Of the saved weights; null without a validation part.</param>
/// <param name="Test">Of the saved weights; null without a test part.</param>
/// <param name="RestoredEpoch">The epoch whose weights are saved, where it is not the last; otherwise null.</param>
public sealed record RunSummary(
    RunOutcome Outcome,
    int Epochs,
    long Steps,
    double Seconds,
    EvaluationSummary? Validation,
    EvaluationSummary? Test,
    int? RestoredEpoch,
    string WeightsHash,
    string? Explanation)
{
    /// <summary>The last step whose norms were measured; null when none was.</summary>
    public LayersMeasured? Layers { get; init; }

    /// <summary>[tensors] how far a measured step moved each, relative to its size: the median, as a rate that ends at zero would say little at the end.</summary>
    public ImmutableArray<double> MedianUpdateRatios { get; init; } = [];

    /// <summary>What the activation layers did at the last evaluation.</summary>
    public ImmutableArray<ActivationHealth> Activations { get; init; } = [];

    /// <summary>At the end of the last epoch; null in a run that does not measure it.</summary>
    public NoiseScale? Noise { get; init; }

    public ImmutableArray<Advice> Advice { get; init; } = [];
}
