using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>A tree node whose gradient was applied, and who computed it.</summary>
/// <param name="SampleCount">Samples as the worker counted them.</param>
/// <param name="ComputeMicroseconds">The worker's computing time for it; a measure of speed, not of the result.</param>
public readonly record struct AcceptedNode(TreeNode Node, WorkerId Worker, int SampleCount, long ComputeMicroseconds);

/// <summary>What the server's ledger says about one committed step: the mini-batch and the nodes, in order of their first micro-batch.</summary>
public sealed record LedgerEntry(MiniBatch MiniBatch, ImmutableArray<AcceptedNode> Nodes);
