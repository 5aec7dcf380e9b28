using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Cluster;

/// <summary>How far a run of several processes is.</summary>
public enum RunPhase
{
    /// <summary>Too few workers have joined, or too few are left.</summary>
    WaitingForWorkers,

    Training,

    /// <summary>The coordinator's process lives a little longer, to tell.</summary>
    Ended,
}

/// <summary>How a run goes, for people and for programs that watch it: says nothing that only members may know.</summary>
/// <param name="Version">Of the coordinator's program.</param>
/// <param name="Run">The name of the run directory, without the folders above it.</param>
/// <param name="Explanation">What is waited for, or how the run ended; null where the phase says it all.</param>
/// <param name="Epoch">From 1 on; 0 before the first step.</param>
/// <param name="Step">The last one that was made.</param>
/// <param name="TotalSteps">Of the whole run, as far as it is known now.</param>
/// <param name="Loss">Mean over the epoch so far; null before the first step.</param>
/// <param name="SamplesPerSecond">Of all workers together.</param>
/// <param name="Term">Of the coordinator: grows with each that takes over.</param>
/// <param name="Incarnation">Grows whenever the shards begin anew from a named step.</param>
/// <param name="MapVersion">Of the shard map; 0 before the shards have a place.</param>
/// <param name="ShardNodes">[shards] the node that holds each.</param>
/// <param name="Members">By node.</param>
/// <param name="Slow">Who holds the others up, in which phase and by how much, in one sentence; null where nobody does.</param>
public sealed record ClusterStatus(
    string Version,
    string Run,
    RunPhase Phase,
    string? Explanation,
    int Epoch,
    long Step,
    long TotalSteps,
    double? Loss,
    double SamplesPerSecond,
    int MinimumWorkers,
    long Term,
    long Incarnation,
    long MapVersion,
    ImmutableArray<int> ShardNodes,
    ImmutableArray<MemberStatus> Members,
    string? Slow)
{
    private const int MostBytes = 4 << 20;

    /// <summary>On one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, StatusJson.Default.ClusterStatus);

    /// <exception cref="WireFormatException">It is no status.</exception>
    public static ClusterStatus FromJson(ReadOnlySpan<byte> json)
    {
        if (json.Length > MostBytes)
        {
            throw new WireFormatException($"a status of {json.Length} bytes is longer than {MostBytes}");
        }

        try
        {
            var status = JsonSerializer.Deserialize(json, StatusJson.Default.ClusterStatus);
            return status is { Version: not null, Run: not null, ShardNodes.IsDefault: false, Members.IsDefault: false } && status.Members.All(member => member is { Host: not null, Role: not null })
                ? status
                : throw new WireFormatException("the status lacks some of its parts");
        }
        catch (JsonException fault)
        {
            throw new WireFormatException($"the status is not what this version of the program expects: {fault.Message}");
        }
    }
}

/// <summary>A process of a run.</summary>
/// <param name="Node">0 is the coordinator's.</param>
/// <param name="Worker">The number of the worker that lives there; null where none does.</param>
/// <param name="Role">coordinator, worker or server.</param>
/// <param name="Host">The name of its machine.</param>
/// <param name="ProcessId">Its process number there.</param>
/// <param name="Address">Where others reach it.</param>
/// <param name="SecondsSinceJoined">Since it became a member.</param>
/// <param name="Step">That it works on or waits for; null where it has not said.</param>
/// <param name="SamplesPerSecond">That it computes.</param>
/// <param name="ComputeMilliseconds">Median of its last steps.</param>
/// <param name="WaitMilliseconds">Median time of a step in which it had nothing to compute.</param>
/// <param name="Link">How it is connected; null for the coordinator itself.</param>
public sealed record MemberStatus(
    int Node,
    int? Worker,
    string Role,
    string Host,
    int ProcessId,
    string Address,
    double SecondsSinceJoined,
    long? Step,
    double? SamplesPerSecond,
    double? ComputeMilliseconds,
    double? WaitMilliseconds,
    MemberLink? Link)
{
    /// <summary>As people call it.</summary>
    [JsonIgnore]
    public string Name => Worker is { } worker ? $"worker-{worker}" : Node == 0 ? "coordinator" : $"node-{Node}";
}

/// <param name="SecondsSinceHeard">Since its last sign of life.</param>
/// <param name="LargestHeartbeatGapMilliseconds">Between two signs of life.</param>
/// <param name="Reconnections">Times that the connection had to be made anew.</param>
public sealed record MemberLink(
    long BytesSent, long BytesReceived, double? SentBytesPerSecond, double? RoundTripMilliseconds, double SecondsSinceHeard, double? LargestHeartbeatGapMilliseconds, int Reconnections);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, MaxDepth = 8)]
[JsonSerializable(typeof(ClusterStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
