using DistTrain.Actors;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Cluster;

/// <summary>A name or address, and a port (0 for any free one).</summary>
public sealed record HostAndPort(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>How the process of a coordinator takes part in a cluster.</summary>
public sealed record CoordinatorSettings
{
    public required HostAndPort Listen { get; init; }

    /// <summary>Where health and readiness are answered over HTTP; null for nowhere.</summary>
    public HostAndPort? Health { get; init; }

    /// <summary>The name of the run, for people.</summary>
    public string RunName { get; init; } = "";

    public required ClusterSecurity Security { get; init; }

    public LinkLimits Limits { get; init; } = new();

    public ShardPlacement Placement { get; init; } = ShardPlacement.Central;

    /// <summary>Null for one on each node that the placement gives.</summary>
    public int? ShardCount { get; init; }

    /// <summary>Training begins when this many workers have joined, at least 1.</summary>
    public required int MinimumWorkers { get; init; }

    /// <summary>Whether training waits while fewer are left.</summary>
    public bool WaitsBelowMinimum { get; init; }

    /// <summary>Told the address as soon as others can connect.</summary>
    public Action<HostAndPort>? Listening { get; init; }
}

public enum MemberRole
{
    /// <summary>Computes gradients; may hold shards besides.</summary>
    Worker,

    /// <summary>Holds shards.</summary>
    Server,
}

/// <summary>How a process joins a cluster.</summary>
public sealed record MemberSettings
{
    public required HostAndPort Coordinator { get; init; }

    public required MemberRole Role { get; init; }

    /// <summary>Where other members reach it, should it hold shards; null for any free port of the address with which it reaches the coordinator.</summary>
    public HostAndPort? Listen { get; init; }

    /// <summary>The name under which others reach it; null for the address with which it reaches the coordinator.</summary>
    public string? AdvertisedHost { get; init; }

    public required ClusterSecurity Security { get; init; }

    public LinkLimits Limits { get; init; } = new();

    /// <summary>How long it tries to reach a coordinator that is not there yet.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it tries to become a member again when it has lost the coordinator; zero to end instead.</summary>
    public TimeSpan RejoinTimeout { get; init; } = TimeSpan.FromSeconds(300);
}

/// <summary>How a member's part in a run ended.</summary>
public enum MemberEnding
{
    /// <summary>The run is over.</summary>
    RunEnded,

    /// <summary>It left on request, or was told to.</summary>
    Left,

    /// <summary>The coordinator did not want it.</summary>
    Refused,

    /// <summary>The coordinator could not be reached, or not any more.</summary>
    CoordinatorLost,
}

/// <param name="Sentence">What happened, for people.</param>
public sealed record MemberOutcome(MemberEnding Ending, string Sentence);
