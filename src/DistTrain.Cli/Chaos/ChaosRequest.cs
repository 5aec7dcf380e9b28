using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Cli.Configuration;

namespace DistTrain.Cli.Chaos;

/// <summary>What a chaos run is to do.</summary>
public sealed record ChaosRequest
{
    public const int DefaultKills = 50;

    public const double DefaultMaxLostSeconds = 5;

    public const double DefaultRestartSeconds = 30;

    public const double DefaultGiveUpSeconds = 60;

    /// <summary>What is trained where nothing else is said: the built-in digits, with gradients of several network chunks for each shard, and all times short enough for a fault every few seconds.</summary>
    public static TrainConfiguration DefaultConfiguration { get; } = TrainConfiguration.Default with
    {
        Model = Learning.Graph.ModelSpecification.Parse("mlp:512,512"),
        BatchSize = 64,
        Epochs = 100,
        Workers = 3,
        Shards = 2,
        HeartbeatMilliseconds = 100,
        SilenceSeconds = 1,
        ReconnectSeconds = 1,
        Tls = false,
        LocalSockets = false,
        MaxLostSeconds = DefaultMaxLostSeconds,
    };

    /// <summary>What a crash may cost in training.</summary>
    public double MaxLostSeconds => Configuration.MaxLostSeconds ?? DefaultMaxLostSeconds;

    public required int Kills { get; init; }

    /// <summary>In the order of their values.</summary>
    public required ImmutableArray<ChaosRole> Roles { get; init; }

    /// <summary>What is trained, by how many workers, with which shards and times. Its seed draws the faults as well.</summary>
    public required TrainConfiguration Configuration { get; init; }

    public double RestartSeconds { get; init; } = DefaultRestartSeconds;

    /// <summary>After so long without any movement it ends with FAIL.</summary>
    public double GiveUpSeconds { get; init; } = DefaultGiveUpSeconds;

    public bool Json { get; init; }

    /// <summary>Whether run directories and logs stay after a PASS.</summary>
    public bool Keep { get; init; }

    public ShardPlacement Placement => Configuration.Placement ?? (Roles.Contains(ChaosRole.Server) ? ShardPlacement.Servers : ShardPlacement.Central);

    public int Shards => Configuration.Shards ?? 2;

    /// <summary>One more than shards, so that after a death each still has a process of its own.</summary>
    public int Servers => Placement == ShardPlacement.Servers ? Shards + 1 : 0;

    public ScheduleRequest Schedule => new(Configuration.Seed, Kills, Roles, Placement, Shards, Configuration.SilenceSeconds + Configuration.ReconnectSeconds);
}
