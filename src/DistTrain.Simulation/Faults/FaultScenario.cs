using System.Collections.Immutable;
using DistTrain.Actors;

namespace DistTrain.Simulation.Faults;

/// <summary>A run and what may happen to it. Everything is drawn from the seed, and what happens during the run from the same seed as well.</summary>
public sealed record FaultScenario
{
    private const ulong Stream = 1;
    private static readonly ImmutableArray<FaultKind> AllKinds = [.. Enum.GetValues<FaultKind>()];

    public required ulong Seed { get; init; }

    public required TinyTraining Training { get; init; }

    /// <summary>Worker processes; training begins with all of them.</summary>
    public required int Workers { get; init; }

    /// <summary>Processes that hold shards only.</summary>
    public required int Servers { get; init; }

    public required ShardPlacement Placement { get; init; }

    /// <summary>Null for one on each node that the placement gives.</summary>
    public required int? Shards { get; init; }

    public required int RunAheadSteps { get; init; }

    public required bool WaitsBelowWorkers { get; init; }

    public required CheckpointPolicy Checkpoints { get; init; }

    public required NetworkTiming Timing { get; init; }

    /// <summary>What may happen.</summary>
    public required ImmutableArray<FaultKind> Kinds { get; init; }

    /// <summary>How often something happens before nothing more does.</summary>
    public required int Faults { get; init; }

    /// <summary>Messages from one fault to the next, on average.</summary>
    public required int MeanGap { get; init; }

    /// <summary>How many of the dead stay dead until nothing more happens.</summary>
    public required double ShareNeverRestarted { get; init; }

    /// <summary>Whether each resumption may have other numbers of workers and shards.</summary>
    public required bool ChangesSize { get; init; }

    public static FaultScenario Draw(ulong seed)
    {
        var draws = new Draws(seed, Stream);
        var placement = draws.Pick([ShardPlacement.Central, ShardPlacement.Workers, ShardPlacement.Servers]);
        var workers = draws.Between(1, 4);
        var servers = placement == ShardPlacement.Servers ? draws.Between(1, 3) : 0;
        return new FaultScenario
        {
            Seed = seed,
            Training = DrawTraining(draws),
            Workers = workers,
            Servers = servers,
            Placement = placement,
            Shards = DrawShards(draws, placement, servers),
            RunAheadSteps = draws.Between(1, 3),
            WaitsBelowWorkers = draws.Chance(0.2),
            Checkpoints = DrawPolicy(draws),
            Timing = DrawTiming(draws),
            Kinds = DrawKinds(draws),
            Faults = draws.Between(0, 10),
            MeanGap = draws.Pick([5, 20, 60, 150]),
            ShareNeverRestarted = draws.Pick([0.0, 0.2, 0.5]),
            ChangesSize = draws.Chance(0.3),
        };
    }

    private static TinyTraining DrawTraining(Draws draws)
    {
        var (optimizer, clip) = draws.Pick([("sgd", 0.0), ("momentum", 0.0), ("adam", 0.0), ("lamb", 0.0), ("adam", 0.3), ("lamb", 0.3)]);
        var stopping = draws.Pick([TinyStopping.None, TinyStopping.None, TinyStopping.Patient, TinyStopping.AtOnce]);
        return new TinyTraining(optimizer, clip, draws.Pick([20, 37, 45]), draws.Pick([2, 4, 8]), draws.Between(2, 4), stopping);
    }

    private static int? DrawShards(Draws draws, ShardPlacement placement, int servers) => placement switch
    {
        ShardPlacement.Central => draws.Between(1, 4),
        ShardPlacement.Workers => draws.Pick(new int?[] { null, null, 1, 3 }),
        _ => draws.Chance(0.5) ? null : draws.Between(1, servers),
    };

    private static CheckpointPolicy DrawPolicy(Draws draws)
    {
        var policy = new CheckpointPolicy
        {
            EverySteps = draws.Chance(0.6) ? draws.Between(1, 5) : null,
            EverySeconds = draws.Chance(0.3) ? 0.002 : null,
            AtEpochEnds = draws.Chance(0.5),
        };
        return draws.Chance(0.2) ? policy with { BestBy = Learning.Optimization.MonitoredMetric.Parse("train-loss") } : policy;
    }

    private static NetworkTiming DrawTiming(Draws draws)
    {
        var smallest = draws.Between(5L, 50);
        return new NetworkTiming(smallest, smallest + draws.Between(10L, 500), draws.Between(300L, 3000), draws.Between(300L, 6000));
    }

    /// <summary>A few kinds in each run: what strikes often shows more than a little of everything.</summary>
    private static ImmutableArray<FaultKind> DrawKinds(Draws draws)
    {
        var share = draws.Pick([0.15, 0.4, 1.0]);
        ImmutableArray<FaultKind> kinds = [.. AllKinds.Where(_ => draws.Chance(share))];
        return kinds.IsEmpty ? [draws.Pick(AllKinds)] : kinds;
    }
}
