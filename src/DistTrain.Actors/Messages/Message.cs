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
