using System.Collections.Immutable;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Reports.Scalings;

/// <summary>What stays the same while workers become more.</summary>
public enum ScalingKind
{
    /// <summary>The batch of a step: workers share it (strong scaling).</summary>
    FixedGlobalBatch,

    /// <summary>The part of it that each worker has: the batch grows with the workers (weak scaling).</summary>
    FixedBatchPerWorker,
}

/// <summary>A number of workers.</summary>
/// <param name="BatchSize">Samples of a step, over all workers.</param>
/// <param name="SamplesPerSecond">Measured.</param>
/// <param name="PredictedSamplesPerSecond">By the simulator; null without a prediction.</param>
/// <param name="SecondsToGoal">Measured; null where there is no goal.</param>
/// <param name="PredictedSecondsToGoal">Steps to the goal times the predicted seconds of a step; null without one of them.</param>
public sealed record ScalingPoint(int Workers, int BatchSize, Measured SamplesPerSecond, double? PredictedSamplesPerSecond, Measured? SecondsToGoal, double? PredictedSecondsToGoal);

/// <summary>Measurements of one kind.</summary>
/// <param name="Points">By the number of workers.</param>
public sealed record ScalingSeries(ScalingKind Kind, ImmutableArray<ScalingPoint> Points)
{
    /// <summary>Throughput over what as many of the fewest workers would give without a loss, 0 to 1; null where it is not known.</summary>
    /// <param name="point">One of the series.</param>
    /// <param name="throughput">Measured or predicted samples a second of a point.</param>
    public double? Efficiency(ScalingPoint point, Func<ScalingPoint, double?> throughput)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(throughput);
        return throughput(point) / (throughput(Points[0]) / Points[0].Workers * point.Workers);
    }
}

/// <summary>All that a study of scaling has found.</summary>
public sealed record ScalingOutcome
{
    public required string Title { get; init; }

    /// <summary>Machine, processes, threads and engine.</summary>
    public required string Placement { get; init; }

    /// <summary>Null where none was set.</summary>
    public Goal? Goal { get; init; }

    /// <summary>One of each kind at most; none is empty.</summary>
    public required ImmutableArray<ScalingSeries> Series { get; init; }

    public ImmutableArray<(string Name, string Value)> Settings { get; init; } = [];

    /// <summary>Further findings, in sentences.</summary>
    public ImmutableArray<string> Findings { get; init; } = [];

    /// <summary>What else is not concluded, and why.</summary>
    public ImmutableArray<string> Refusals { get; init; } = [];
}
