using System.Collections.Immutable;
using DistTrain.Actors;

namespace DistTrain.Simulation;

/// <summary>One message handed to one actor, and what came of it.</summary>
/// <param name="Number">0-based.</param>
/// <param name="Sender">Null for the actor's own runtime.</param>
public sealed record Delivery(long Number, Timestamp Now, ActorAddress? Sender, ActorAddress Receiver, Message Message, ImmutableArray<Effect> Effects);

/// <summary>What a simulated run gave.</summary>
/// <param name="Ending">Null if the run came to rest without ending.</param>
/// <param name="Deliveries">How many messages were handed over.</param>
public sealed record SimulationResult(RunEnded? Ending, ImmutableArray<EpochReport> Reports, ImmutableArray<Announcement> Announcements, long Deliveries);
