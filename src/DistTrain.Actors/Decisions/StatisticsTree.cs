using DistTrain.Learning.Reduction;

namespace DistTrain.Actors;

/// <summary>Folds statistics in the same fixed tree as the gradients, so that a loss has the same bits whoever computed its parts.</summary>
public static class StatisticsTree
{
    /// <param name="root">The node of the whole mini-batch.</param>
    /// <param name="nodes">Disjoint nodes that cover it, in order of their first micro-batch.</param>
    public static NodeStatistics Fold(TreeNode root, IReadOnlyList<(TreeNode Node, NodeStatistics Statistics)> nodes)
    {
        var position = 0;
        return Fold(root, nodes, ref position);
    }

    private static NodeStatistics Fold(TreeNode parent, IReadOnlyList<(TreeNode Node, NodeStatistics Statistics)> nodes, ref int position)
    {
        if (nodes[position].Node == parent)
        {
            return nodes[position++].Statistics;
        }

        if (parent.Level == 0)
        {
            throw new InvalidOperationException($"no statistics for {parent}: the nodes do not cover the mini-batch");
        }

        var left = Fold(new TreeNode(parent.Level - 1, parent.Index * 2), nodes, ref position);
        var right = Fold(new TreeNode(parent.Level - 1, (parent.Index * 2) + 1), nodes, ref position);
        return NodeStatistics.Add(left, right);
    }
}
