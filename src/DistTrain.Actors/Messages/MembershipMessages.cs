using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Worker to coordinator: asks to become a member. Its header is <see cref="Header.Unintroduced"/>.</summary>
/// <param name="Node">The process that it lives in.</param>
/// <param name="Arithmetic">The arithmetic id of the worker's engine; a run does not mix two.</param>
public sealed record JoinRequested(Header Header, WorkerId Worker, NodeId Node, string Arithmetic) : ActorMessage(Header);

/// <summary>Coordinator to worker: the header holds its session and the incarnation; it is to subscribe to all of <paramref name="Map"/>'s shards.</summary>
public sealed record Welcome(Header Header, ShardMap Map) : ActorMessage(Header);

/// <summary>Coordinator to worker.</summary>
public sealed record JoinRefused(Header Header, string Reason) : ActorMessage(Header);

/// <summary>Coordinator to server: be this shard of this incarnation, from version 0.</summary>
public sealed record StartServing(Header Header, ShardId Shard, ShardMap Map) : ActorMessage(Header);

/// <summary>Coordinator to server: be this shard of this incarnation, from the state that comes with the message.</summary>
public sealed record ResumeServing(Header Header, ShardId Shard, ShardMap Map, ServerState State) : ActorMessage(Header), ITensorMessage;

/// <summary>
/// What a shard is besides its tensors (its weights and its part of every tensor of the optimizer): everything that a new incarnation needs to go on as if nothing had been.
/// </summary>
/// <param name="Version">The weights' version.</param>
/// <param name="Scalars">Of the optimizer; the same in every shard.</param>
/// <param name="Ledger">Of the epoch under way, in order; empty but in shard 0.</param>
/// <param name="RecomputedSamples">Of the epoch under way; 0 but in shard 0.</param>
public sealed record ServerState(WeightVersion Version, ImmutableArray<double> Scalars, ImmutableArray<LedgerEntry> Ledger, long RecomputedSamples);

/// <summary>Coordinator to server: when <paramref name="Version"/> is made, send your state. It comes before the plan of any later step, and not before an earlier one is answered.</summary>
/// <param name="GoesOn">For a checkpoint: the server serves on. Otherwise it is the server's last act, and no step after the version is planned before the answer has come.</param>
public sealed record DeliverState(Header Header, WeightVersion Version, bool GoesOn) : ActorMessage(Header);

/// <summary>Server to coordinator: answers <see cref="DeliverState"/>.</summary>
public sealed record StateDelivered(Header Header, ShardId Shard, ServerState State) : ActorMessage(Header), ITensorMessage;

/// <summary>Server to coordinator: it holds <paramref name="Version"/> and accepts plans.</summary>
public sealed record ServerReady(Header Header, ShardId Shard, WeightVersion Version) : ActorMessage(Header);

/// <summary>Worker to server: publish your newest version to me, now and from now on, and accept my contributions.</summary>
public sealed record Subscribe(Header Header, WorkerId Worker) : ActorMessage(Header);

/// <summary>Work that a worker had been given: a range of a step's micro-batches.</summary>
public readonly record struct OpenRange(StepNumber Step, WorkRange Range);

/// <summary>
/// Coordinator to server: refuse what still comes from this session, and say by one <see cref="NodesMissing"/> for each range what of it has not arrived.
/// </summary>
/// <param name="Reason">What the worker did, such as <c>was lost</c>.</param>
public sealed record EndSession(Header Header, WorkerId Worker, SessionNumber WorkerSession, ImmutableArray<OpenRange> OpenRanges, string Reason) : ActorMessage(Header);

/// <summary>
/// Coordinator to server: end with the version that <paramref name="Step"/> makes (going back to it, if the step after it has been made already), deliver that version by
/// <see cref="WeightsDelivered"/>, unless that was done, and answer <see cref="ServerStopped"/>. A later one may name an earlier step, by one; <see cref="Stop"/> follows.
/// </summary>
public sealed record StopAfter(Header Header, StepNumber Step) : ActorMessage(Header);

/// <summary>Server to coordinator: the version that it stands at, for good unless it is told of an earlier one.</summary>
public sealed record ServerStopped(Header Header, ShardId Shard, WeightVersion Version) : ActorMessage(Header);

/// <summary>Worker to coordinator: it wants to go. Its work goes to others, and <see cref="Stop"/> is the answer.</summary>
public sealed record LeaveRequested(Header Header, WorkerId Worker, string Reason) : ActorMessage(Header);

/// <summary>Coordinator to worker: finish nothing more, let go of everything, answer <see cref="WorkerStopped"/>. To a server: let go of everything; there is no answer.</summary>
public sealed record Stop(Header Header) : ActorMessage(Header);

/// <summary>Worker to coordinator.</summary>
public sealed record WorkerStopped(Header Header, WorkerId Worker) : ActorMessage(Header);
