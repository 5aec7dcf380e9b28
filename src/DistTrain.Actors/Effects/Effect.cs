namespace DistTrain.Actors;

/// <summary>Something an actor wants done. Effects are data; the runtime carries them out, in order.</summary>
public abstract record Effect;

/// <summary>Sends a message to another actor.</summary>
public sealed record Send(ActorAddress To, ActorMessage Message) : Effect;

/// <summary>Tells people something.</summary>
public sealed record Announce(Announcement Announcement) : Effect;

/// <summary>A decision with its reason, for the log and the trace; too fine for people who only watch.</summary>
public sealed record Log(string Sentence) : Effect;

/// <summary>The message just handed over was not acted upon. For the log, the trace and tests.</summary>
public sealed record Refuse(Message Message, string Reason) : Effect;

/// <summary>
/// The actor has done its part: it wants no more messages, and its runtime may let go of it and of all that it holds, except the coordinator's newest whole version, which is the
/// run's result.
/// </summary>
public sealed record Retire : Effect;

/// <summary>
/// Coordinator: from now on the shards live here. The runtime makes the server actors that are missing, ends those of earlier maps, and tells every node where the shards are, before it
/// carries out the effects that follow.
/// </summary>
public sealed record PlaceShards(ShardMap Map) : Effect;

/// <summary>Coordinator: the node holds nothing any more that the run needs, and may leave.</summary>
public sealed record ReleaseNode(NodeId Node) : Effect;
