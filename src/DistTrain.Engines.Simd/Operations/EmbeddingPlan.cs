using System.Numerics;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>
/// Rows of a table by token number. The gradient visits only the rows that occur: the positions of each token are chained in order, and each chain is folded in the tree of micro-batches by itself.
/// Leaving out micro-batches in which a token does not occur changes no bit: their rows are +0, and no sum that begins at +0 is −0.
/// </summary>
internal sealed unsafe class EmbeddingPlan : PlannedOperation
{
    /// <summary>The end of a chain: positions in chains count from 1, so that memory that was never written has none.</summary>
    private const int None = 0;
    private readonly KernelSet kernels;
    private readonly ProgramMemory memory;
    private readonly GraphNode node;
    private readonly EmbeddingOperation embedding;
    private readonly int steps;
    private readonly int weightOffset;

    /// <summary>[2, vocabulary] the first and the last position of the node in progress that has the token, or <see cref="None"/>; then [2, positions + 1] the next position with the same token, and
    /// the micro-batch of a position within its node. All are integers.</summary>
    private readonly PlannedBuffer chains;

    public EmbeddingPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node, EmbeddingOperation embedding)
    {
        this.kernels = kernels;
        this.memory = memory;
        this.node = node;
        this.embedding = embedding;
        steps = node.OutputShape[0];
        weightOffset = graph.Layout.Tensors[node.Parameters[0]].Offset;
        memory.AllocateOutput(node);
        memory.AllocateGradient(node);
        memory.ReserveScratch((long)embedding.Dimensions * (BitOperations.Log2((uint)memory.MaximumSampleCount) + 2));
        chains = memory.ReserveBuffer((2L * embedding.Vocabulary) + (2 * (((long)memory.MaximumSampleCount * steps) + 1)));
    }

    private int* Heads => (int*)chains.Pointer;

    private int* Tails => Heads + embedding.Vocabulary;

    private int* Next => Tails + embedding.Vocabulary;

    private int* Leaves => Next + ((nint)memory.MaximumSampleCount * steps) + 1;

    public override void Forward(in Pass pass)
    {
        float* tokens = memory.Output(node.Inputs[0]);
        float* y = memory.Output(node.Index);
        int dimensions = embedding.Dimensions;
        for (nint position = 0; position < (nint)pass.SampleCount * steps; position++)
        {
            Pointers.Copy(pass.Weights + weightOffset + ((nint)Row(tokens[position]) * dimensions), y + (position * dimensions), dimensions);
        }
    }

    public override void Backward(in Pass pass)
    {
        for (int i = 0; i < pass.NodeCount; i++)
        {
            NodeTarget target = pass.Nodes[i];
            float* table = target.Gradient + weightOffset;
            new Span<float>(table, embedding.Vocabulary * embedding.Dimensions).Clear();
            int first = (target.FirstSample * steps) + 1;
            int end = Chain(pass, target, first);
            for (int position = first; position < end; position++)
            {
                int row = RowOf(position);
                if (Heads[row] == position)
                {
                    int start = position;
                    Heads[row] = None;
                    FoldRow(ref start, 0, BitOperations.Log2((uint)target.LeafCount), table + ((nint)row * embedding.Dimensions), memory.Scratch);
                }
            }
        }
    }

    /// <summary>Chains the positions of each token, and notes each position's micro-batch.</summary>
    /// <returns>One past the node's last position.</returns>
    private int Chain(in Pass pass, NodeTarget target, int first)
    {
        int position = first;
        for (int leaf = 0; leaf < target.LeafCount; leaf++)
        {
            for (int end = position + (pass.LeafSamples[target.FirstLeaf + leaf] * steps); position < end; position++)
            {
                int row = RowOf(position);
                if (Heads[row] == None)
                {
                    Heads[row] = position;
                }
                else
                {
                    Next[Tails[row]] = position;
                }

                Tails[row] = position;
                Next[position] = None;
                Leaves[position] = leaf;
            }
        }

        return position;
    }

    /// <summary>Sums a chain's gradients over the micro-batches [firstLeaf, firstLeaf + 2^level), of which at least one has a position of the chain.</summary>
    /// <param name="position">The chain's first position that is not summed yet, in that range; left at the first behind it.</param>
    /// <param name="firstLeaf">Within the node.</param>
    /// <param name="level">Of the subtree.</param>
    /// <param name="sum">[dimensions] written.</param>
    /// <param name="scratch">[level, dimensions].</param>
    private void FoldRow(ref int position, int firstLeaf, int level, float* sum, float* scratch)
    {
        int dimensions = embedding.Dimensions;
        if (level == 0)
        {
            new Span<float>(sum, dimensions).Clear();
            for (; position != None && Leaves[position] == firstLeaf; position = Next[position])
            {
                kernels.Add(sum, memory.Gradient(node.Index) + ((nint)(position - 1) * dimensions), sum, dimensions);
            }

            return;
        }

        int middle = firstLeaf + (1 << (level - 1));
        if (Leaves[position] >= middle)
        {
            FoldRow(ref position, middle, level - 1, sum, scratch);
            return;
        }

        FoldRow(ref position, firstLeaf, level - 1, sum, scratch);
        if (position != None && Leaves[position] < middle + (1 << (level - 1)))
        {
            FoldRow(ref position, middle, level - 1, scratch, scratch + dimensions);
            kernels.Add(sum, scratch, sum, dimensions);
        }
    }

    private int RowOf(int position) => Row(memory.Output(node.Inputs[0])[position - 1]);

    private int Row(float token) => EmbeddingOperation.Row(token, embedding.Vocabulary);
}
