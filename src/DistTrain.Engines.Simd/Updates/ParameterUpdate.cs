using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>
/// One optimizer step over a range of chunks, block by block: fold the gradient nodes, divide the root, run the transforms, write the new
/// weights. A block stays in the first-level cache, so memory is read and written once.
/// </summary>
internal static unsafe class ParameterUpdate<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private const int BlockLength = 512;
    private const int TailLength = 16;
    private const int AlignmentBytes = 64;

    /// <summary>Where a block's elements lie.</summary>
    private struct Block
    {
        public float** Nodes;
        public float** States;
        public float* OldWeights;
        public float* NewWeights;
        public float* Update;

        /// <summary>[deepest stack] a block each.</summary>
        public float* FoldScratch;
        public float** Stack;

        /// <summary>The first elements of the whole buffers.</summary>
        public float** NodeBuffers;
        public float** StateBuffers;
        public TreeNode* StackNodes;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static int Run(in UpdateRequest request, int firstChunk, int endChunk)
    {
        int nodeCount = request.Nodes.Length;
        int stateCount = request.State.Length;
        Block block = default;
        TreeNode* stackNodes = stackalloc TreeNode[nodeCount];
        block.StackNodes = stackNodes;
        int depth = GradientFold.Depth(request.Nodes, new Span<TreeNode>(stackNodes, nodeCount));
        float* memory = stackalloc float[((depth + 1) * BlockLength) + (AlignmentBytes / sizeof(float))];
        memory = (float*)(((nint)memory + AlignmentBytes - 1) & -AlignmentBytes);
        block.Update = memory;
        block.FoldScratch = memory + BlockLength;
        float** pointers = stackalloc float*[(3 * nodeCount) + (2 * stateCount)];
        block.Nodes = pointers;
        block.Stack = block.Nodes + nodeCount;
        block.NodeBuffers = block.Stack + nodeCount;
        block.States = block.NodeBuffers + nodeCount;
        block.StateBuffers = block.States + stateCount;
        for (int i = 0; i < nodeCount; i++)
        {
            block.NodeBuffers[i] = Pointers.Of(request.Nodes[i].Gradient);
        }

        for (int i = 0; i < stateCount; i++)
        {
            block.StateBuffers[i] = Pointers.Of(request.State[i]);
        }

        float* tail = stackalloc float[(nodeCount + stateCount + 2) * TailLength];

        int firstNonFinite = -1;
        for (int index = firstChunk; index < endChunk; index++)
        {
            if (!RunChunk(request, request.Layout.Chunks[index], ref block, tail) && firstNonFinite < 0)
            {
                firstNonFinite = index;
            }
        }

        return firstNonFinite;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool RunChunk(in UpdateRequest request, Chunk chunk, ref Block block, float* tail)
    {
        int nodeCount = request.Nodes.Length;
        int stateCount = request.State.Length;
        float* oldWeights = Pointers.Of(request.OldWeights);
        float* newWeights = Pointers.Of(request.NewWeights);
        bool finite = true;
        int whole = chunk.Length / TailLength * TailLength;
        for (int start = 0; start < whole; start += BlockLength)
        {
            int offset = chunk.Offset + start;
            for (int i = 0; i < nodeCount; i++)
            {
                block.Nodes[i] = block.NodeBuffers[i] + offset;
            }

            for (int i = 0; i < stateCount; i++)
            {
                block.States[i] = block.StateBuffers[i] + offset;
            }

            block.OldWeights = oldWeights + offset;
            block.NewWeights = newWeights + offset;
            finite &= RunBlock(request, block, Math.Min(BlockLength, whole - start));
        }

        return whole == chunk.Length ? finite : finite & RunTail(request, chunk.Offset + whole, chunk.Length - whole, ref block, tail);
    }

    /// <summary>The last elements of a tensor work on copies padded with zeros: the gap behind them belongs to nobody and may hold anything.</summary>
    private static bool RunTail(in UpdateRequest request, int offset, int length, ref Block block, float* tail)
    {
        new Span<float>(tail, (request.Nodes.Length + request.State.Length + 2) * TailLength).Clear();
        for (int i = 0; i < request.Nodes.Length; i++, tail += TailLength)
        {
            block.Nodes[i] = tail;
            Copy(block.NodeBuffers[i] + offset, tail, length);
        }

        for (int i = 0; i < request.State.Length; i++, tail += TailLength)
        {
            block.States[i] = tail;
            Copy(block.StateBuffers[i] + offset, tail, length);
        }

        block.OldWeights = tail;
        block.NewWeights = tail + TailLength;
        Copy(Pointers.Of(request.OldWeights) + offset, tail, length);
        bool finite = RunBlock(request, block, TailLength);
        Copy(block.NewWeights, Pointers.Of(request.NewWeights) + offset, length);
        for (int i = 0; i < request.State.Length; i++)
        {
            Copy(block.States[i], block.StateBuffers[i] + offset, length);
        }

        return finite;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool RunBlock(in UpdateRequest request, in Block block, int length)
    {
        bool finite = UpdateLoops<TOps, TVector>.Mean(Fold(request, block, length), request.SampleCount, block.Update, length);
        int state = 0;
        for (int i = 0; i < request.Optimizer.Transforms.Length; i++)
        {
            var transform = request.Optimizer.Transforms[i];
            UpdateTransforms<TOps, TVector>.Apply(transform, request.Constants[i], block.Update, block.States + state, length);
            state += transform.StateNames.Length;
        }

        return finite & UpdateLoops<TOps, TVector>.Apply(block.Update, request.LearningRate, block.OldWeights, block.NewWeights, length);
    }

    /// <returns>The root's elements.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* Fold(in UpdateRequest request, in Block block, int length)
    {
        int count = 0;
        for (int i = 0; i < request.Nodes.Length; i++)
        {
            block.StackNodes[count] = request.Nodes[i].Node;
            block.Stack[count] = block.Nodes[i];
            count++;
            while (count > 1 && TreeFold.IsLeftSibling(block.StackNodes[count - 2], block.StackNodes[count - 1]))
            {
                count--;
                float* sum = block.FoldScratch + ((count - 1) * BlockLength);
                UpdateLoops<TOps, TVector>.Add(block.Stack[count - 1], block.Stack[count], sum, length);
                block.Stack[count - 1] = sum;
                block.StackNodes[count - 1] = block.StackNodes[count].Parent;
            }
        }

        return block.Stack[0];
    }

    private static void Copy(float* source, float* destination, int length) =>
        new ReadOnlySpan<float>(source, length).CopyTo(new Span<float>(destination, length));
}
