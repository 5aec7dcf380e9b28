namespace DistTrain.Learning.Reduction;

/// <summary>
/// A node of the fixed binary tree over micro-batches in which gradients are added: it stands for the micro-batches
/// [<c>Index · 2^Level</c>, <c>(Index + 1) · 2^Level</c>). Level 0 is one micro-batch.
/// </summary>
public readonly record struct TreeNode(int Level, int Index) : IComparable<TreeNode>
{
    public const int HighestLevel = 30;

    public int First => Index << Level;

    public int Count => 1 << Level;

    public int End => First + Count;

    public TreeNode Parent => new(Level + 1, Index >> 1);

    /// <summary>The node with which this one is added to make the parent; the one with the even index is the left operand.</summary>
    public TreeNode Sibling => new(Level, Index ^ 1);

    /// <summary>The node of a level, not below this one's, in which this one lies; itself on its own level.</summary>
    public TreeNode AncestorAt(int level) => new(level, Index >> (level - Level));

    public bool Contains(TreeNode other) => First <= other.First && other.End <= End;

    public bool Overlaps(TreeNode other) => First < other.End && other.First < End;

    /// <summary>By first micro-batch, the larger node first.</summary>
    public int CompareTo(TreeNode other) => First != other.First ? First.CompareTo(other.First) : other.Level.CompareTo(Level);

    public override string ToString() => Count == 1 ? $"[{First}]" : $"[{First}..{End - 1}]";

    /// <summary>The fewest aligned nodes that cover the micro-batches [first, end), in order.</summary>
    public static IReadOnlyList<TreeNode> Cover(int first, int end) => Cover(first, end, HighestLevel);

    /// <summary>The fewest aligned nodes, none above a level, that cover the micro-batches [first, end), in order.</summary>
    public static IReadOnlyList<TreeNode> Cover(int first, int end, int highestLevel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, first);
        var nodes = new List<TreeNode>();
        while (first < end)
        {
            var level = first == 0 ? highestLevel : Math.Min(highestLevel, int.TrailingZeroCount(first));
            while ((1L << level) > end - first)
            {
                level--;
            }

            nodes.Add(new TreeNode(level, first >> level));
            first += 1 << level;
        }

        return nodes;
    }

    public static bool operator <(TreeNode left, TreeNode right) => left.CompareTo(right) < 0;

    public static bool operator >(TreeNode left, TreeNode right) => left.CompareTo(right) > 0;

    public static bool operator <=(TreeNode left, TreeNode right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TreeNode left, TreeNode right) => left.CompareTo(right) >= 0;
}
