using DistTrain.Learning.Engines;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>
/// The order in which a step's gradient nodes are added: a stack machine that pushes nodes from left to right and adds the upper two entries
/// whenever they are siblings.
/// </summary>
internal static class GradientFold
{
    /// <summary>Follows the machine without adding anything.</summary>
    /// <param name="stack">[nodes] working memory.</param>
    /// <returns>The most entries that are ever on the stack.</returns>
    /// <exception cref="ArgumentException">The nodes do not add up to one root.</exception>
    public static int Depth(ReadOnlySpan<GradientNode> nodes, Span<TreeNode> stack)
    {
        int count = 0;
        int deepest = 0;
        foreach (GradientNode next in nodes)
        {
            stack[count++] = next.Node;
            deepest = Math.Max(deepest, count);
            while (count > 1 && TreeFold.IsLeftSibling(stack[count - 2], stack[count - 1]))
            {
                count--;
                stack[count - 1] = stack[count].Parent;
            }
        }

        return count == 1 ? deepest : throw new ArgumentException("the gradient nodes do not add up to the root of a mini-batch", nameof(nodes));
    }
}
