using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Engines.Simd.Updates;

/// <summary>
/// One stage of an optimizer step over a range of chunks, block by block: fold the gradient nodes, run the transforms, write the new weights. A block stays in the first-level cache,
/// so memory is read and written once a stage. Where one pass does it all, the whole chunk is one block: long streams are what memory serves fastest.
/// </summary>
internal static unsafe class ParameterUpdate<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    private const int BlockLength = 1024;
    private const int TailLength = 16;
    private const int AlignmentBytes = 64;

    /// <summary>Where a block's elements lie.</summary>
    private struct Block
    {
        public float** Nodes;
        public float** States;
        public float* OldWeights;

        /// <summary>Also holds the update between transforms and between stages.</summary>
        public float* NewWeights;

        /// <summary>[deepest stack] a block each; the first is free once the root is used.</summary>
        public float* FoldScratch;
        public float** Stack;

        /// <summary>The first elements of the whole buffers.</summary>
        public float** NodeBuffers;
        public float** StateBuffers;
        public TreeNode* StackNodes;
        public float Factor;
        public int LargestLength;
        public ChunkSums Sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static int Run(in UpdateRequest request, int firstChunk, int endChunk)
    {
        int nodeCount = request.Stage == 0 ? request.Nodes.Length : 0;
        int stateCount = request.State.Length;
        Block block = default;
        TreeNode* stackNodes = stackalloc TreeNode[nodeCount];
        block.StackNodes = stackNodes;
        int depth = request.Stage == 0 ? GradientFold.Depth(request.Nodes, new Span<TreeNode>(stackNodes, nodeCount)) : 1;
        float* memory = stackalloc float[(depth * BlockLength) + (AlignmentBytes / sizeof(float))];
        block.FoldScratch = (float*)(((nint)memory + AlignmentBytes - 1) & -AlignmentBytes);
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
        double* lanes = stackalloc double[ChunkSums.LaneCount];
        block.Sums = new ChunkSums(request, lanes);
        UpdateStage stage = request.Optimizer.Stages[request.Stage];
        bool isOnePass = nodeCount <= 1 && stage.End - stage.First <= 1 && block.Sums.TakesNothing;
        block.LargestLength = isOnePass ? ParameterLayout.ChunkLength : BlockLength;
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
        var statistic = request.Layout.Tensors[chunk.TensorIndex].Update as RunningStatistic;
        if (statistic is not null && request.Stage > 0)
        {
            return true;
        }

        int nodeCount = request.Stage == 0 ? request.Nodes.Length : 0;
        float* oldWeights = Pointers.Of(request.OldWeights);
        float* newWeights = Pointers.Of(request.NewWeights);
        block.Factor = request.Factors[chunk.TensorIndex];
        block.Sums.Clear();
        bool finite = true;
        int whole = chunk.Length / TailLength * TailLength;
        for (int start = 0; start < whole; start += block.LargestLength)
        {
            int offset = chunk.Offset + start;
            for (int i = 0; i < nodeCount; i++)
            {
                block.Nodes[i] = block.NodeBuffers[i] + offset;
            }

            for (int i = 0; i < request.State.Length; i++)
            {
                block.States[i] = block.StateBuffers[i] + offset;
            }

            block.OldWeights = oldWeights + offset;
            block.NewWeights = newWeights + offset;
            finite &= RunBlock(request, block, statistic, Math.Min(block.LargestLength, whole - start));
        }

        if (whole < chunk.Length)
        {
            finite &= RunTail(request, chunk.Offset + whole, chunk.Length - whole, statistic, ref block, tail);
        }

        if (statistic is null)
        {
            block.Sums.Store(request, chunk.Index);
        }

        return finite;
    }

    /// <summary>The last elements of a tensor work on copies padded with zeros: the gap behind them belongs to nobody and may hold anything.</summary>
    private static bool RunTail(in UpdateRequest request, int offset, int length, RunningStatistic? statistic, ref Block block, float* tail)
    {
        int nodeCount = request.Stage == 0 ? request.Nodes.Length : 0;
        new Span<float>(tail, (nodeCount + request.State.Length + 2) * TailLength).Clear();
        for (int i = 0; i < nodeCount; i++, tail += TailLength)
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
        Copy(Pointers.Of(request.OldWeights) + offset, block.OldWeights, length);
        if (request.Stage > 0)
        {
            Copy(Pointers.Of(request.NewWeights) + offset, block.NewWeights, length);
        }

        bool finite = RunBlock(request, block, statistic, TailLength);
        Copy(block.NewWeights, Pointers.Of(request.NewWeights) + offset, length);
        for (int i = 0; i < request.State.Length; i++)
        {
            Copy(block.States[i], block.StateBuffers[i] + offset, length);
        }

        return finite;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool RunBlock(in UpdateRequest request, in Block block, RunningStatistic? statistic, int length)
    {
        float* source = request.Stage == 0 ? Fold(request, block, length) : block.NewWeights;
        if (statistic is not null)
        {
            return UpdateLoops<TOps, TVector>.MoveStatistic(source, request.SampleCount, (float)statistic.Momentum, block.OldWeights, block.NewWeights, length);
        }

        ChunkSums sums = block.Sums;
        if (sums.TakesGradient)
        {
            SquareSums.Add(TOps.Width, source, length, sums.Gradient);
        }

        bool finite = RunTransforms(request, block, source, length);
        if (sums.TakesUpdate)
        {
            SquareSums.Add(TOps.Width, block.NewWeights, length, sums.Update);
        }

        if (sums.TakesWeights)
        {
            SquareSums.Add(TOps.Width, block.OldWeights, length, sums.Weights);
        }

        if (sums.TakesChange)
        {
            UpdateLoops<TOps, TVector>.Subtract(block.NewWeights, block.OldWeights, block.FoldScratch, length);
            SquareSums.Add(TOps.Width, block.FoldScratch, length, sums.Change);
        }

        return finite;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool RunTransforms(in UpdateRequest request, in Block block, float* source, int length)
    {
        OptimizerChain optimizer = request.Optimizer;
        UpdateStage stage = optimizer.Stages[request.Stage];
        PassArguments pass = default;
        pass.OldWeights = block.OldWeights;
        pass.Destination = block.NewWeights;
        pass.Length = length;
        pass.SampleCount = request.SampleCount;
        pass.LearningRate = request.LearningRate;
        pass.Factor = block.Factor;
        pass.Source = source;
        pass.TakesMean = request.Stage == 0;
        bool isLastStage = request.Stage == optimizer.Stages.Length - 1;
        if (stage.First == stage.End)
        {
            pass.WritesWeights = isLastStage;
            return UpdatePass<TOps, TVector>.Run(null, default, pass);
        }

        bool finite = true;
        for (int i = stage.First; i < stage.End; i++)
        {
            pass.States = block.States + optimizer.FirstTensor(i);
            pass.WritesWeights = isLastStage && i == stage.End - 1;
            finite &= UpdatePass<TOps, TVector>.Run(optimizer.Transforms[i], request.Constants[i], pass);
            pass.Source = block.NewWeights;
            pass.TakesMean = false;
        }

        return finite;
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
