using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Engines;

/// <summary>Everything that one optimizer step needs, apart from the chunks to do.</summary>
public readonly ref struct UpdateRequest
{
    public required ParameterLayout Layout { get; init; }

    /// <summary>Disjoint nodes that cover the whole mini-batch, in order of their first micro-batch.</summary>
    public required ReadOnlySpan<GradientNode> Nodes { get; init; }

    /// <summary>The root of the tree is divided once by this: the mini-batch's true size.</summary>
    public required int SampleCount { get; init; }

    public required OptimizerChain Optimizer { get; init; }

    /// <summary>[transforms] this step's constants, from <see cref="OptimizerChain.Constants"/>.</summary>
    public required ReadOnlySpan<UpdateConstants> Constants { get; init; }

    /// <summary>w' = fma(−rate, u, w).</summary>
    public required float LearningRate { get; init; }

    public required TensorBuffer OldWeights { get; init; }

    public required TensorBuffer NewWeights { get; init; }

    /// <summary>[states of all transforms, in chain order] flat buffers, changed in place.</summary>
    public required ReadOnlySpan<TensorBuffer> State { get; init; }
}

/// <summary>The parameter server's kernels.</summary>
public interface IParameterKernels
{
    /// <summary>
    /// For each chunk in [firstChunk, endChunk): folds the tree of gradient nodes (siblings left + right, in tree order), divides the root by the sample count, runs the
    /// optimizer's transforms, and writes the new weights.
    /// </summary>
    /// <returns>The index of the first chunk whose mean gradient or new weights are not finite, or −1.</returns>
    int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk);
}
