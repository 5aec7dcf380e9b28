using System.Globalization;

namespace DistTrain.Actors;

/// <summary>A worker of the cluster; unique within a run, given by the coordinator.</summary>
public readonly record struct WorkerId(int Value) : IComparable<WorkerId>
{
    public int CompareTo(WorkerId other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"worker-{Value}");

    public static bool operator <(WorkerId left, WorkerId right) => left.Value < right.Value;

    public static bool operator >(WorkerId left, WorkerId right) => left.Value > right.Value;

    public static bool operator <=(WorkerId left, WorkerId right) => left.Value <= right.Value;

    public static bool operator >=(WorkerId left, WorkerId right) => left.Value >= right.Value;
}

/// <summary>One process of the cluster, in the life that it has: a process that was started again is another node. Given by the coordinator's node, which is 0, at the join.</summary>
public readonly record struct NodeId(int Value) : IComparable<NodeId>
{
    /// <summary>The process of the coordinator; in a run of one process, everything.</summary>
    public static NodeId Coordinator { get; }

    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"node-{Value}");

    public static bool operator <(NodeId left, NodeId right) => left.Value < right.Value;

    public static bool operator >(NodeId left, NodeId right) => left.Value > right.Value;

    public static bool operator <=(NodeId left, NodeId right) => left.Value <= right.Value;

    public static bool operator >=(NodeId left, NodeId right) => left.Value >= right.Value;
}

/// <summary>A part of the parameter server: some of the chunks. Shard 0 holds chunk 0 and keeps the ledger.</summary>
public readonly record struct ShardId(int Value) : IComparable<ShardId>
{
    public int CompareTo(ShardId other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"server-{Value}");

    public static bool operator <(ShardId left, ShardId right) => left.Value < right.Value;

    public static bool operator >(ShardId left, ShardId right) => left.Value > right.Value;

    public static bool operator <=(ShardId left, ShardId right) => left.Value <= right.Value;

    public static bool operator >=(ShardId left, ShardId right) => left.Value >= right.Value;
}

/// <summary>
/// A gradient node that the runtime keeps for one holder. The actors pass it on and let go of it; only engines see its elements. The number means
/// something to the holder's own runtime only.
/// </summary>
public readonly record struct GradientHandle(long Value);

/// <summary>What an actor is in the run.</summary>
public enum ActorRole
{
    Coordinator,
    ParameterServer,
    Worker,
}

/// <summary>Where a message goes: a role, and which one of that role.</summary>
public readonly record struct ActorAddress(ActorRole Role, int Number) : IComparable<ActorAddress>
{
    public static ActorAddress Coordinator { get; } = new(ActorRole.Coordinator, 0);

    public static ActorAddress Of(ShardId shard) => new(ActorRole.ParameterServer, shard.Value);

    public static ActorAddress Of(WorkerId worker) => new(ActorRole.Worker, worker.Value);

    /// <summary>By role, then by number.</summary>
    public int CompareTo(ActorAddress other) => Role != other.Role ? Role.CompareTo(other.Role) : Number.CompareTo(other.Number);

    public override string ToString() => Role switch
    {
        ActorRole.Coordinator => "coordinator",
        ActorRole.ParameterServer => new ShardId(Number).ToString(),
        _ => new WorkerId(Number).ToString(),
    };

    public static bool operator <(ActorAddress left, ActorAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(ActorAddress left, ActorAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(ActorAddress left, ActorAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ActorAddress left, ActorAddress right) => left.CompareTo(right) >= 0;
}
