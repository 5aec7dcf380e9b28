using System.Collections.Immutable;
using DistTrain.Learning.Diagnostics;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>Whether a step's gradient noise is measured, and why.</summary>
public readonly record struct NoiseDecision(bool Measures, string Reason);

/// <summary>The squared norm of one of a step's <see cref="NoiseNodes"/>, formed by a worker.</summary>
public readonly record struct NodeNorm(TreeNode Node, double SquaredNorm);

/// <summary>
/// In which steps the gradient's noise is measured, and what such a step says. A worker writes more nodes in such a step than it sends, which costs memory traffic; so not every step is one. Which ones depends on their numbers only,
/// so that a run measures the same ones whoever computes them, and however often it is resumed.
/// </summary>
public static class NoiseRule
{
    /// <summary>A measured step of 784-512-512-10 at 256 samples takes about a fifth more than another, so that measuring takes well under 1 % of a training.</summary>
    public const int DefaultIntervalSteps = 32;

    /// <summary>The mean looks back over at least so many steps: where epochs are a few steps long, fewer would tell of chance only.</summary>
    public const int ShortestMemorySteps = 50;

    /// <summary>
    /// What one measured step later is left of a measurement's weight. The mean looks back over about an epoch, as long as its epochs are at the beginning: |G|² may fall by orders of magnitude within a few epochs, and a
    /// longer memory would keep telling of the beginning.
    /// </summary>
    public static double Decay(RunDefinition definition, int intervalSteps) =>
        NoiseAverage.Decay(Math.Max(ShortestMemorySteps, EpochSettings.First(definition).Steps(definition)), intervalSteps);

    /// <param name="step">The step.</param>
    /// <param name="partition">Of its mini-batch.</param>
    /// <param name="intervalSteps">From one measured step to the next, at least 1; null for none.</param>
    public static NoiseDecision Decide(StepNumber step, MiniBatchPartition partition, int? intervalSteps) => intervalSteps switch
    {
        null => new NoiseDecision(false, "the run does not measure noise"),
        { } interval when step.Value % interval != 0 => new NoiseDecision(false, $"step {step} is no multiple of {interval}"),
        _ when NoiseNodes.CountOf(partition) < 2 => new NoiseDecision(false, $"the mini-batch of step {step} is a single micro-batch"),
        { } interval => new NoiseDecision(true, $"step {step} is a multiple of {interval}"),
    };

    /// <summary>How many squared norms a worker sends with a node: one for each of the noise nodes in it.</summary>
    public static int NormsIn(TreeNode node, MiniBatchPartition partition) =>
        NoiseNodes.LevelOf(partition) is var level && node.Level >= level ? 1 << (node.Level - level) : 0;

    /// <summary>The squared norms that came with a worker's node, each with the noise node that it is of.</summary>
    public static IEnumerable<NodeNorm> Norms(TreeNode node, ImmutableArray<double> squaredNorms, MiniBatchPartition partition)
    {
        var level = NoiseNodes.LevelOf(partition);
        return squaredNorms.Select((norm, i) => new NodeNorm(new TreeNode(level, (node.First >> level) + i), norm));
    }

    /// <summary>What a measured step says; null where a node's norm is missing.</summary>
    /// <param name="partition">Of its mini-batch.</param>
    /// <param name="formedByWorkers">Noise nodes that workers have formed.</param>
    /// <param name="formedByShards">[shards] the others, and the root.</param>
    public static NoiseSample? Read(MiniBatchPartition partition, IEnumerable<NodeNorm> formedByWorkers, IReadOnlyList<ShardSquares> formedByShards)
    {
        var norms = ShardSquares.Norms(formedByShards);
        foreach (var norm in formedByWorkers)
        {
            norms[norm.Node] = norm.SquaredNorm;
        }

        var level = NoiseNodes.LevelOf(partition);
        TreeNode[] nodes = [.. Enumerable.Range(0, NoiseNodes.CountOf(partition)).Select(index => new TreeNode(level, index))];
        return norms.TryGetValue(partition.Root, out var whole) && nodes.All(norms.ContainsKey)
            ? NoiseSample.Estimate([.. nodes.Select(node => norms[node])], [.. nodes.Select(partition.SamplesOf)], whole)
            : null;
    }
}
