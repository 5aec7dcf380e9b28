using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Worker to coordinator: asks to become a member. Its header is <see cref="Header.Unintroduced"/>.</summary>
/// <param name="Arithmetic">The arithmetic id of the worker's engine; a run does not mix two.</param>
public sealed record JoinRequested(Header Header, WorkerId Worker, string Arithmetic) : ActorMessage(Header);

/// <summary>Coordinator to worker: the header holds its session and the incarnation; it is to subscribe to all of <paramref name="Shards"/>.</summary>
public sealed record Welcome(Header Header, ImmutableArray<ShardId> Shards) : ActorMessage(Header);

/// <summary>Coordinator to worker.</summary>
public sealed record JoinRefused(Header Header, string Reason) : ActorMessage(Header);

/// <summary>Coordinator to server: be this shard of this incarnation, from version 0.</summary>
public sealed record StartServing(Header Header, ShardId Shard) : ActorMessage(Header);

/// <summary>Server to coordinator: it holds <paramref name="Version"/> and accepts plans.</summary>
public sealed record ServerReady(Header Header, ShardId Shard, WeightVersion Version) : ActorMessage(Header);

/// <summary>Worker to server: publish your newest version to me, now and from now on, and accept my contributions.</summary>
public sealed record Subscribe(Header Header, WorkerId Worker) : ActorMessage(Header);

/// <summary>Work that a worker had been given: a range of a step's micro-batches.</summary>
public readonly record struct OpenRange(StepNumber Step, WorkRange Range);

/// <summary>
/// Coordinator to server: refuse what still comes from this session, and say by one <see cref="NodesMissing"/> for each range what of it has not arrived.
/// </summary>
public sealed record EndSession(Header Header, WorkerId Worker, SessionNumber WorkerSession, ImmutableArray<OpenRange> OpenRanges, string Reason) : ActorMessage(Header);

/// <summary>Coordinator to server: make no step after <paramref name="Step"/> (or after the one that is being applied, if that is later), then answer <see cref="ServerStopped"/>.</summary>
/// <param name="Leave">A kept version whose weights are to be the run's result; null for the last one.</param>
public sealed record StopAfter(Header Header, StepNumber Step, WeightVersion? Leave = null) : ActorMessage(Header);

/// <summary>Server to coordinator: the version that it leaves, and that version's hash.</summary>
public sealed record ServerStopped(Header Header, ShardId Shard, WeightVersion Version, string Hash) : ActorMessage(Header);

/// <summary>Coordinator to worker: finish nothing more, let go of everything, answer <see cref="WorkerStopped"/>.</summary>
public sealed record Stop(Header Header) : ActorMessage(Header);

/// <summary>Worker to coordinator.</summary>
public sealed record WorkerStopped(Header Header, WorkerId Worker) : ActorMessage(Header);
