using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Cluster;

/// <summary>What processes say to each other: about themselves, and what their actors say. The order in which a process joins: introduction, offer, preparation, admission.</summary>
public abstract record NodeMessage;

/// <summary>The first message of a process that joins, to the coordinator's.</summary>
/// <param name="HostName">Of its machine, for people.</param>
/// <param name="OperatingSystemId">Its process number there, for people.</param>
/// <param name="Endpoint">Where other members reach it.</param>
public sealed record Introduction(string ProgramVersion, MemberRole Role, string HostName, int OperatingSystemId, HostAndPort Endpoint) : NodeMessage;

/// <summary>The coordinator's answer: what the run is.</summary>
public sealed record Offer(RunOffer Run) : NodeMessage;

/// <summary>A process that has no copy of the data wants to get it: asks for one ticket for a <see cref="ConnectionPurpose.Files"/> connection.</summary>
public sealed record TicketRequested : NodeMessage;

/// <summary>Answers <see cref="TicketRequested"/>.</summary>
public sealed record TicketIssued(ImmutableArray<byte> Ticket) : NodeMessage;

/// <summary>The process has the data and has made the same definition of the run.</summary>
/// <param name="Arithmetic">The arithmetic id of its engine.</param>
/// <param name="KernelPath">What its engine runs, for people.</param>
/// <param name="ContentHash">Of the data that it has.</param>
public sealed record Prepared(string Arithmetic, string KernelPath, string ContentHash) : NodeMessage;

/// <summary>The coordinator's last word to a process that it does not want, or a process's to a coordinator that it does not want.</summary>
public sealed record Refusal(string Sentence) : NodeMessage;

/// <summary>The process is a member.</summary>
/// <param name="Worker">Null for a member that is to hold shards only.</param>
public sealed record Admission(NodeId Node, WorkerId? Worker) : NodeMessage;

/// <summary>A member that holds shards, and how others reach it.</summary>
public sealed record ShardHost(NodeId Node, ProcessId Process, HostAndPort Endpoint);

/// <summary>Coordinator's process to every member, before anything that depends on it: where the shards are from now on.</summary>
/// <param name="Hosts">One entry for each node of the map but the coordinator's, by node.</param>
public sealed record ShardsPlaced(ShardMap Map, ImmutableArray<ShardHost> Hosts) : NodeMessage;

/// <summary>The first message of a member to another member.</summary>
public sealed record PeerIntroduction(NodeId Node, WorkerId? Worker) : NodeMessage;

/// <summary>A member wants to leave in order.</summary>
public sealed record Leaving(string Reason) : NodeMessage;

/// <summary>Coordinator's process to a member: nothing that the run needs is with it any more.</summary>
public sealed record Released : NodeMessage;

/// <summary>Coordinator's process to every member: the run has ended.</summary>
public sealed record RunOver(string Sentence) : NodeMessage;

/// <summary>What a worker is busy with; now and then, to the coordinator's process, for people.</summary>
/// <param name="Step">That it computes or waits for.</param>
/// <param name="ComputeMilliseconds">Median of its last steps.</param>
/// <param name="WaitMilliseconds">Median time of its last steps in which it had nothing to compute.</param>
public sealed record WorkerStatus(long Step, double ComputeMilliseconds, double WaitMilliseconds, double SamplesPerSecond) : NodeMessage;

/// <summary>In a runtime that sends control messages by other ways than links: the first message of whoever connects, and the answer to it.</summary>
/// <param name="Runtime">Whose address it is, such as <c>akka</c>.</param>
/// <param name="Address">To which control messages go, as that runtime writes addresses; empty for a question, while the sender has none yet.</param>
public sealed record MailAddress(string Runtime, string Address) : NodeMessage;

/// <summary>A message from an actor of one process to an actor of another. Tensors that belong to it travel apart, which is why messages count themselves: a small one must not overtake a large one.</summary>
/// <param name="Number">Counts the messages from this sender to this receiver, from 1 on.</param>
public sealed record ActorEnvelope(ActorAddress From, ActorAddress To, long Number, ActorMessage Message) : NodeMessage;
