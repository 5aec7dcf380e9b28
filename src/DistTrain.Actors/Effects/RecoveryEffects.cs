using System.Collections.Immutable;

namespace DistTrain.Actors;

/// <summary>Coordinator: write the decision into the run's journal before any effect that follows is carried out.</summary>
public sealed record WriteJournal(JournalEntry Entry) : Effect;

/// <summary>
/// Coordinator: make a checkpoint of the states that every shard has delivered of its step's version (and of the whole version <see cref="TrainingDecisions.Best"/>, where that is another). Answered by
/// <see cref="CheckpointSaved"/>. The coordinator drops the states at once; the runtime keeps what it still has to write.
/// </summary>
public sealed record SaveCheckpoint(Checkpoint Checkpoint) : ComputeEffect;

/// <summary>
/// Coordinator: read the newest checkpoint that is whole, cut for so many shards. Answered by <see cref="CheckpointLoaded"/>; the coordinator holds, as if they had been delivered, the states of every shard and
/// each shard's part of the best epoch's weights, where those are a part of the checkpoint.
/// </summary>
/// <param name="Incarnation">In which they are to be held.</param>
public sealed record LoadCheckpoint(int ShardCount, Incarnation Incarnation) : ComputeEffect;

/// <summary>Answers <see cref="SaveCheckpoint"/>.</summary>
/// <param name="Failure">Why there is none, in one sentence that begins with a small letter and ends without a stop; null when it exists.</param>
/// <param name="ElapsedMicroseconds">From the first byte until it existed.</param>
public sealed record CheckpointSaved(StepNumber Step, string? Failure, long ElapsedMicroseconds) : ComputeResult;

/// <summary>Answers <see cref="LoadCheckpoint"/>.</summary>
/// <param name="Checkpoint">Null where there is none that is whole: the run begins anew.</param>
/// <param name="Refused">One sentence for each newer one that was not whole, newest first.</param>
public sealed record CheckpointLoaded(Checkpoint? Checkpoint, ImmutableArray<string> Refused) : ComputeResult;
