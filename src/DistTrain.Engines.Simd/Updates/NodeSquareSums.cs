using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>Sums of squares of one gradient node over chunks, block by block: the nodes that it is made of are folded as <see cref="ParameterUpdate{TOps, TVector}"/> folds a whole step's, into scratch memory.</summary>
internal static unsafe class NodeSquareSums<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private const int BlockLength = 1024;
    private const int TailLength = 16;
    private const int AlignmentBytes = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Run(ParameterLayout layout, ReadOnlySpan<GradientNode> nodes, int firstChunk, int endChunk, Span<double> squares)
    {
        TreeNode* stackNodes = stackalloc TreeNode[nodes.Length];
        int depth = GradientFold.Depth(nodes, new Span<TreeNode>(stackNodes, nodes.Length));
        float* memory = stackalloc float[(depth * BlockLength) + (AlignmentBytes / sizeof(float))];
        float* scratch = (float*)(((nint)memory + AlignmentBytes - 1) & -AlignmentBytes);
        float** stack = stackalloc float*[nodes.Length];
        float* tail = stackalloc float[nodes.Length * TailLength];
        double* lanes = stackalloc double[SquareSums.LaneCount];
        for (int index = firstChunk; index < endChunk; index++)
        {
            Chunk chunk = layout.Chunks[index];
            if (layout.Tensors[chunk.TensorIndex].Update is RunningStatistic)
            {
                squares[index] = 0;
                continue;
            }

            new Span<double>(lanes, SquareSums.LaneCount).Clear();
            int whole = chunk.Length / TailLength * TailLength;
            for (int start = 0; start < whole; start += BlockLength)
            {
                int length = Math.Min(BlockLength, whole - start);
                SquareSums.Add(TOps.Width, Fold(nodes, chunk.Offset + start, length, null, stackNodes, stack, scratch), length, lanes);
            }

            if (whole < chunk.Length)
            {
                CopyTail(nodes, chunk.Offset + whole, chunk.Length - whole, tail);
                SquareSums.Add(TOps.Width, Fold(nodes, 0, TailLength, tail, stackNodes, stack, scratch), TailLength, lanes);
            }

            squares[index] = SquareSums.AddLanes(lanes);
        }
    }

    /// <param name="offset">Where the block begins in the nodes' buffers.</param>
    /// <param name="length">A multiple of 16.</param>
    /// <param name="tail">[nodes, 16] instead of the buffers; null for the buffers.</param>
    /// <param name="stackNodes">[nodes] working memory, as <paramref name="stack"/>.</param>
    /// <param name="stack">[nodes].</param>
    /// <param name="scratch">[deepest stack] a block each.</param>
    /// <returns>The sum's elements.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* Fold(ReadOnlySpan<GradientNode> nodes, int offset, int length, float* tail, TreeNode* stackNodes, float** stack, float* scratch)
    {
        int count = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            stackNodes[count] = nodes[i].Node;
            stack[count] = tail == null ? Pointers.Of(nodes[i].Gradient) + offset : tail + (i * TailLength);
            count++;
            while (count > 1 && TreeFold.IsLeftSibling(stackNodes[count - 2], stackNodes[count - 1]))
            {
                count--;
                float* sum = scratch + ((count - 1) * BlockLength);
                UpdateLoops<TOps, TVector>.Add(stack[count - 1], stack[count], sum, length);
                stack[count - 1] = sum;
                stackNodes[count - 1] = stackNodes[count].Parent;
            }
        }

        return stack[0];
    }

    /// <summary>The last elements of a tensor, padded with zeros: the gap behind them belongs to nobody and may hold anything.</summary>
    private static void CopyTail(ReadOnlySpan<GradientNode> nodes, int offset, int length, float* tail)
    {
        new Span<float>(tail, nodes.Length * TailLength).Clear();
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i].Gradient.Span.Slice(offset, length).CopyTo(new Span<float>(tail + (i * TailLength), length));
        }
    }
}
