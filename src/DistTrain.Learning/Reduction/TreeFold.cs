namespace DistTrain.Learning.Reduction;

/// <summary>Adds up the fixed binary tree: siblings only, left operand first, absent nodes never stand in as zero.</summary>
public static class TreeFold
{
    /// <summary>Folds nodes, given in order of their first micro-batch, as far as siblings meet: the whole tree becomes its root.</summary>
    /// <typeparam name="T">What a node carries.</typeparam>
    /// <param name="nodes">Disjoint nodes in order of their first micro-batch.</param>
    /// <param name="add">Gives the parent's value from the left and the right sibling's.</param>
    /// <param name="highestLevel">Nothing is added to make nodes of higher levels.</param>
    /// <returns>The nodes that are left when no two siblings are.</returns>
    public static IReadOnlyList<(TreeNode Node, T Value)> Fold<T>(IEnumerable<(TreeNode Node, T Value)> nodes, Func<T, T, T> add, int highestLevel = TreeNode.HighestLevel)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(add);
        var stack = new List<(TreeNode Node, T Value)>();
        foreach (var next in nodes)
        {
            var top = next;
            while (stack.Count > 0 && top.Node.Level < highestLevel && IsLeftSibling(stack[^1].Node, top.Node))
            {
                top = (top.Node.Parent, add(stack[^1].Value, top.Value));
                stack.RemoveAt(stack.Count - 1);
            }

            stack.Add(top);
        }

        return stack;
    }

    /// <summary>Whether <paramref name="left"/> and <paramref name="right"/> are added to make their parent, in this order.</summary>
    public static bool IsLeftSibling(TreeNode left, TreeNode right) => left.Level == right.Level && left.Index + 1 == right.Index && (left.Index & 1) == 0;
}
