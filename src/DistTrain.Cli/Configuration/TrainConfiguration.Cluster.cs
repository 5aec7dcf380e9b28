using DistTrain.Actors;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Cli.Configuration;

/// <summary>Which processes train together, and how they find, know and watch each other. None of it changes the weights.</summary>
public sealed partial record TrainConfiguration
{
    /// <summary>Where processes join; null for a run without a network.</summary>
    public HostAndPort? Listen { get; init; }

    /// <summary>Worker processes to start on this machine; 0 for none.</summary>
    public int Processes { get; init; }

    /// <summary>Null: all of <see cref="Processes"/>, or 1.</summary>
    public int? MinWorkers { get; init; }

    public bool WaitsBelowMinWorkers { get; init; }

    /// <summary>Null: on the workers for processes of this machine, central where workers join.</summary>
    public ShardPlacement? Placement { get; init; }

    /// <summary>Null: one on each node that the placement gives.</summary>
    public int? Shards { get; init; }

    public string? ClusterFolder { get; init; }

    public string? SecretFile { get; init; }

    public bool IsInsecure { get; init; }

    /// <summary>Null: unless plain text is allowed by <see cref="IsInsecure"/> or stays within this machine.</summary>
    public bool? Tls { get; init; }

    /// <summary>Processes of one machine that do not encrypt talk over its own sockets instead of TCP.</summary>
    public bool LocalSockets { get; init; } = true;

    /// <summary>HOCON that wins over the program's own, for the Akka runtime; null for none.</summary>
    public string? AkkaConfiguration { get; init; }

    public HostAndPort? Health { get; init; }

    public int HeartbeatMilliseconds { get; init; } = 250;

    public double SilenceSeconds { get; init; } = 5;

    public double ReconnectSeconds { get; init; } = 2;

    /// <summary>How long a member tries to join again when it has lost the coordinator; 0 for not at all.</summary>
    public double RejoinSeconds { get; init; } = 300;
}
