using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>A tree node whose gradient was applied, and who computed it.</summary>
/// <param name="SampleCount">Samples as the worker counted them.</param>
/// <param name="ComputeMicroseconds">The worker's computing time for it; a measure of speed, not of the result.</param>
public readonly record struct AcceptedNode(TreeNode Node, WorkerId Worker, int SampleCount, long ComputeMicroseconds);

/// <summary>What the server's ledger says about one committed step: the mini-batch and the nodes, in order of their first micro-batch.</summary>
public sealed record LedgerEntry(MiniBatch MiniBatch, ImmutableArray<AcceptedNode> Nodes);

/// <summary>What the server's ledger says about a whole epoch.</summary>
/// <param name="Steps">Steps that it was made of.</param>
/// <param name="Proof">That every sample was used once, or how often not.</param>
/// <param name="Shares">By worker id: what each worker gave, of those that gave anything.</param>
public sealed record EpochLedger(int Steps, LedgerProof Proof, ImmutableArray<WorkerShare> Shares);
