using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Engines;

/// <summary>Everything that one stage of an optimizer step needs, apart from the chunks to do. <see cref="StagedUpdate"/> puts it together.</summary>
public readonly ref struct UpdateRequest
{
    public required ParameterLayout Layout { get; init; }

    /// <summary>Disjoint nodes that cover the whole mini-batch, in order of their first micro-batch. Only stage 0 reads them.</summary>
    public required ReadOnlySpan<GradientNode> Nodes { get; init; }

    /// <summary>The root of the tree is divided once by this: the mini-batch's true size.</summary>
    public required int SampleCount { get; init; }

    public required OptimizerChain Optimizer { get; init; }

    /// <summary>Index in <see cref="OptimizerChain.Stages"/>.</summary>
    public required int Stage { get; init; }

    /// <summary>[transforms] this step's constants, from <see cref="OptimizerChain.Constants"/>.</summary>
    public required ReadOnlySpan<UpdateConstants> Constants { get; init; }

    /// <summary>[tensors] the factors of the <see cref="NormTransform"/> with which the stage begins; not read in stage 0.</summary>
    public required ReadOnlySpan<float> Factors { get; init; }

    /// <summary>w' = fma(−rate, u, w).</summary>
    public required float LearningRate { get; init; }

    public required TensorBuffer OldWeights { get; init; }

    /// <summary>Between stages it holds the update.</summary>
    public required TensorBuffer NewWeights { get; init; }

    /// <summary>[states of all transforms, in chain order] flat buffers, changed in place.</summary>
    public required ReadOnlySpan<TensorBuffer> State { get; init; }

    /// <summary>[chunks] filled by every stage but the last. Chunks of running statistics are left as they are.</summary>
    public required Span<StageSquares> Squares { get; init; }

    /// <summary>Empty, or [chunks]: stage 0 fills in the gradient's, the last stage the others'. Chunks of running statistics are left as they are.</summary>
    public Span<ChunkMeasures> Measures { get; init; }
}

/// <summary>The parameter server's kernels.</summary>
public interface IParameterKernels
{
    /// <summary>
    /// One stage of an update for each chunk in [firstChunk, endChunk). Stage 0 folds the tree of gradient nodes (siblings left + right, in tree order) and divides the root by the sample
    /// count. Every stage runs its transforms. The last one writes the new weights; the others leave the update in their place and sum its squares.
    /// A tensor with a <see cref="RunningStatistic"/> is complete after stage 0, and takes no part in the rest.
    /// </summary>
    /// <returns>The index of the first chunk whose mean gradient or new weights are not finite, or −1.</returns>
    int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk);

    /// <summary>
    /// The sum of squares of a gradient node over each chunk in [firstChunk, endChunk), in the order of <see cref="StageSquares"/>. The node is the sum of others, folded in tree order, which stay as they are.
    /// </summary>
    /// <param name="layout">Says where the chunks lie.</param>
    /// <param name="nodes">Disjoint nodes that add up to one, in order of their first micro-batch; at least one.</param>
    /// <param name="squares">[chunks] filled for the chunks of the range; 0 for running statistics, which are no gradients.</param>
    void SumSquares(ParameterLayout layout, ReadOnlySpan<GradientNode> nodes, int firstChunk, int endChunk, Span<double> squares);
}
