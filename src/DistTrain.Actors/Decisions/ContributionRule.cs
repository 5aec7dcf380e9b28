using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>What becomes of a contribution.</summary>
public enum ContributionVerdict
{
    Accept,

    /// <summary>It belongs to a step that is about to be planned here; it is judged then.</summary>
    Wait,

    /// <summary>It should not have been sent.</summary>
    Refuse,

    /// <summary>Its samples have been counted already: computed twice, applied once.</summary>
    Recomputed,
}

/// <param name="Missing">Parts of a refused node that nobody has delivered, in order.</param>
public readonly record struct ContributionDecision(ContributionVerdict Verdict, string Reason, ImmutableArray<TreeNode> Missing);

/// <summary>Accept a contribution only if it is an aligned node inside the step's micro-batches and disjoint from all that is held. The header has been checked.</summary>
public static class ContributionRule
{
    /// <param name="contribution">What came.</param>
    /// <param name="version">The version that the server holds.</param>
    /// <param name="miniBatch">The step's mini-batch, or null if the step is not planned here.</param>
    /// <param name="held">The nodes held for the step: disjoint, in order of their first micro-batch.</param>
    /// <param name="measuresNoise">Whether the step's noise is measured.</param>
    public static ContributionDecision Decide(Contribution contribution, WeightVersion version, MiniBatch? miniBatch, IReadOnlyList<TreeNode> held, bool measuresNoise = false)
    {
        var step = contribution.Step;
        if (step.Makes <= version)
        {
            return new ContributionDecision(ContributionVerdict.Recomputed, $"step {step} is committed", []);
        }

        if (step.Reads > version)
        {
            return Refused($"step {step} is computed on version {step.Reads}, which does not exist yet: the newest is {version}");
        }

        if (miniBatch is not { } batch)
        {
            return new ContributionDecision(ContributionVerdict.Wait, $"step {step} is not planned here yet", []);
        }

        return ReasonNotToFit(contribution, batch, measuresNoise) is { } misfit ? Refused(misfit) : DecideOnOverlap(contribution.Node, held);
    }

    private static string? ReasonNotToFit(Contribution contribution, MiniBatch batch, bool measuresNoise)
    {
        var node = contribution.Node;
        if (node.Level is < 0 or > 30 || node.Index < 0 || ((long)node.Index + 1) << node.Level > batch.MicroBatchCount)
        {
            return $"the node of level {node.Level}, index {node.Index} lies outside the {batch.MicroBatchCount} micro-batches of step {batch.Step}";
        }

        var samples = batch.Partition.SamplesOf(node);
        if (contribution.Statistics.SampleCount != samples)
        {
            return $"node {node} of step {batch.Step} holds {samples} samples, but the contribution counts {contribution.Statistics.SampleCount}";
        }

        var norms = measuresNoise ? NoiseRule.NormsIn(node, batch.Partition) : 0;
        return contribution.SquaredNorms.Length == norms ? null : $"node {node} of step {batch.Step} comes with {contribution.SquaredNorms.Length} squared norms instead of {norms}";
    }

    private static ContributionDecision DecideOnOverlap(TreeNode node, IReadOnlyList<TreeNode> held)
    {
        foreach (var other in held)
        {
            if (other.Contains(node))
            {
                return new ContributionDecision(ContributionVerdict.Recomputed, $"{node} is here already, in {other}", []);
            }
        }

        if (!held.Any(node.Overlaps))
        {
            return new ContributionDecision(ContributionVerdict.Accept, $"{node} is new", []);
        }

        var missing = StepCompletion.Decide(new WorkRange(node.First, node.End), held).Missing;
        return new ContributionDecision(
            ContributionVerdict.Recomputed, $"{node} overlaps what is here, and a sum cannot be taken apart; {string.Join(", ", missing)} of it missing", missing);
    }

    private static ContributionDecision Refused(string reason) => new(ContributionVerdict.Refuse, reason, []);
}
