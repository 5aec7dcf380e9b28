using System.Collections.Immutable;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>Whether a range is covered by nodes that are held, and what is missing if not.</summary>
/// <param name="Missing">The fewest aligned nodes of what is not held, in order.</param>
public readonly record struct CompletionDecision(ImmutableArray<TreeNode> Missing, string Reason)
{
    public bool IsComplete => Missing.IsEmpty;
}

/// <summary>Is the step complete, and if not, what is missing?</summary>
public static class StepCompletion
{
    /// <param name="range">The micro-batches that are asked for; all of the step's, or a part.</param>
    /// <param name="held">Disjoint nodes, in order of their first micro-batch; some may lie outside the range.</param>
    public static CompletionDecision Decide(WorkRange range, IEnumerable<TreeNode> held)
    {
        var missing = ImmutableArray.CreateBuilder<TreeNode>();
        var next = range.First;
        foreach (var node in held)
        {
            if (node.End <= next || node.First >= range.End)
            {
                continue;
            }

            if (node.First > next)
            {
                missing.AddRange(TreeNode.Cover(next, node.First));
            }

            next = node.End;
        }

        if (next < range.End)
        {
            missing.AddRange(TreeNode.Cover(next, range.End));
        }

        return missing.Count == 0
            ? new CompletionDecision([], $"all of {range} is here")
            : new CompletionDecision(missing.ToImmutable(), $"{string.Join(", ", missing)} of {range} missing");
    }
}
