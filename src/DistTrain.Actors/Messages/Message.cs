namespace DistTrain.Actors;

/// <summary>Anything that an actor is told.</summary>
public abstract record Message;

/// <summary>A message from one actor to another.</summary>
public abstract record ActorMessage(Header Header) : Message;

/// <summary>A message from an actor's own runtime; it never crosses a network.</summary>
public abstract record LocalMessage : Message;

/// <summary>Marks a message that carries tensors. The runtime moves them and hands the message over only when they are whole at the receiver.</summary>
public interface ITensorMessage;

/// <summary>The first message of every actor.</summary>
public sealed record Started : LocalMessage;

/// <summary>To the coordinator: a person or a program wants the run to end after the current step.</summary>
public sealed record StopRequested : LocalMessage;

/// <summary>To the coordinator: the worker is gone. A worker that comes back under the same id joins anew.</summary>
public sealed record WorkerLost(WorkerId Worker, string Reason) : LocalMessage;

/// <summary>To the coordinator: a process that is to hold shards, and no worker, is here.</summary>
public sealed record ServerNodeJoined(NodeId Node) : LocalMessage;

/// <summary>To the coordinator: a process is gone, with everything that was in it. If a worker was, <see cref="WorkerLost"/> has been told before.</summary>
public sealed record NodeLost(NodeId Node, string Reason) : LocalMessage;

/// <summary>To a worker: a person or a program wants it to leave the run in order.</summary>
public sealed record LeaveAsked(string Reason) : LocalMessage;

/// <summary>To the coordinator: a process wants to leave in order; its shards are to go elsewhere first. Answered by <see cref="ReleaseNode"/>.</summary>
public sealed record NodeLeaves(NodeId Node, string Reason) : LocalMessage;
