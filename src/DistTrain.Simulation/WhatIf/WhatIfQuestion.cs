using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Simulation.WhatIf;

/// <summary>Where the processes of a predicted run are.</summary>
public enum Surroundings
{
    /// <summary>Each worker, the coordinator and each node for shards on a machine of its own.</summary>
    Network,

    /// <summary>A process for each worker and one for the coordinator, all on one machine.</summary>
    Processes,

    /// <summary>All actors in one process, a thread for each worker; nothing is copied from one to another.</summary>
    Threads,
}

/// <summary>A run to be predicted. Equal questions have equal answers.</summary>
public sealed record WhatIfQuestion
{
    private const int LargestWorkerCount = 65_536;

    /// <summary>Decides how many bytes are sent, and which shard has which.</summary>
    public required ParameterLayout Layout { get; init; }

    public required CostModel Costs { get; init; }

    /// <summary>Samples of a mini-batch, at least 1.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Null for the default rule.</summary>
    public int? MicroBatches { get; init; }

    public required int Workers { get; init; }

    /// <summary>Null for what the placement gives: one, or, on the workers' nodes, one on each, as far as there are chunks.</summary>
    public int? Shards { get; init; }

    public ShardPlacement Placement { get; init; }

    public Surroundings On { get; init; }

    /// <summary>Of each node's link, in bytes a second and in each direction; infinite for a network that is never the limit.</summary>
    public double BytesPerSecond { get; init; } = double.PositiveInfinity;

    /// <summary>Of a message from one node to another.</summary>
    public double LatencySeconds { get; init; }

    public Stragglers Stragglers { get; init; } = new NoStragglers();

    /// <summary>Draws the stragglers.</summary>
    public ulong Seed { get; init; }

    /// <summary>Steps that count; null for as many as the kind of stragglers needs.</summary>
    public int? Steps { get; init; }

    public int ShardCount => Shards ?? (Placement == ShardPlacement.Workers ? Math.Min(Workers, Layout.Chunks.Length) : 1);

    /// <summary>Steps before those that count. The coordinator looks at the workers' speeds after 8 steps, and has planned 2 more by then.</summary>
    internal int WarmUpSteps => Stragglers is NoStragglers ? 3 : 14;

    internal int CountedSteps => Steps ?? (Stragglers switch { NoStragglers => 3, SlowWorkers => 8, _ => 24 });

    /// <exception cref="InvalidInputException">A value is out of range.</exception>
    internal RunDefinition ToRunDefinition()
    {
        RequireBetween("the number of workers", Workers, LargestWorkerCount);
        RequireBetween("the number of shards", ShardCount, LargestWorkerCount);
        RequireBetween("the number of steps", CountedSteps, 100_000);

        // One epoch that does not end: an end has other traffic.
        var samples = (long)BatchSize * (WarmUpSteps + CountedSteps + 4);
        if (samples > int.MaxValue)
        {
            throw new InvalidInputException($"a batch size of {BatchSize} is too large for {CountedSteps} steps: together they may have {int.MaxValue} samples");
        }

        var definition = new RunDefinition
        {
            SampleCount = (int)samples,
            BatchSize = BatchSize,
            MicroBatchCount = MicroBatches,
            Epochs = 1,
            LearningRate = 0.1,
            Schedule = new Learning.Optimization.ConstantSchedule(),
            TestSampleCount = 0,
            HasClasses = false,
            WorkerCount = Workers,
            Placement = On == Surroundings.Threads ? ShardPlacement.Central : Placement,
            ShardCount = ShardCount,
            MeasuringIntervalSteps = int.MaxValue,
            Arithmetic = "predicted",
        };
        definition.Check();
        return definition;
    }

    private static void RequireBetween(string what, int value, int most)
    {
        if (value < 1 || value > most)
        {
            throw new InvalidInputException($"{what} must be from 1 to {most}, but is {value}");
        }
    }
}
