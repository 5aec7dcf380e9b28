using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Akka;

/// <summary>What the processes of a cluster send each other through Akka.Remote.</summary>
internal abstract record Mail;

/// <summary>A control message on its way over a link. Akka.Remote delivers in order, but not always: numbers and receipts make up for what it loses when a connection breaks.</summary>
/// <param name="From">The sending process, as it has proved itself on its connection.</param>
/// <param name="To">The receiving process. Nobody else knows the two numbers, so whoever has not proved to belong to the cluster cannot write a letter.</param>
/// <param name="Number">Counts the letters of this direction from 1 on.</param>
/// <param name="Received">The last letter of the other direction that has come, with all before it.</param>
/// <param name="Message">A <see cref="NodeMessage"/> as <see cref="Wire.MessageCodec"/> writes it.</param>
internal sealed record Letter(ProcessId From, ProcessId To, long Number, long Received, byte[] Message) : Mail;

/// <summary>Says which letters have come, where no letter goes the other way.</summary>
internal sealed record Receipt(ProcessId From, ProcessId To, long Received) : Mail;

/// <summary>A member that has lost the coordinator asks every candidate.</summary>
internal sealed record CoordinatorAsked : Mail;

/// <summary>The answer of the candidate that is the coordinator; the others do not answer.</summary>
internal sealed record CoordinatorListens(HostAndPort Endpoint) : Mail;
