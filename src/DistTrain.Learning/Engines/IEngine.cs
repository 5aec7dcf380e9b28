using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines;

/// <summary>
/// The semantics of an engine's arithmetic. Two engines with equal ids give equal bits for every operation; runs may mix only equal ids.
/// </summary>
public readonly record struct ArithmeticId(string Value)
{
    /// <summary>float32, products accumulated in order with fused multiply-add, 16-lane sums, DistTrain's own elementary functions; version 1 of these rules.</summary>
    public static ArithmeticId Cpu { get; } = new("f32-fma-16lane-v1");

    public override string ToString() => Value;
}

/// <summary>A set of kernels that runs a model graph forward and backward and applies updates.</summary>
public interface IEngine
{
    ArithmeticId ArithmeticId { get; }

    /// <summary>What really runs, such as <c>reference</c>, <c>avx512</c>, <c>avx2</c> or <c>portable</c>.</summary>
    string KernelPath { get; }

    /// <summary>Plans the memory for one graph and loss. A program belongs to one thread at a time; make one for each worker.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="loss">Suits the graph's output (<see cref="Loss.Check"/>).</param>
    /// <param name="maximumSampleCount">The most samples of one call, at least 1. Memory is planned for it once; calls do not allocate.</param>
    IModelProgram CreateProgram(ModelGraph graph, Loss loss, int maximumSampleCount);

    /// <summary>Reduction and update kernels. Safe to call from several threads over disjoint chunks.</summary>
    IParameterKernels ParameterKernels { get; }
}

/// <summary>A gradient node: the undivided sum over its micro-batches of the gradient of every parameter, in the layout's flat order (gaps zero).</summary>
public readonly record struct GradientNode(TreeNode Node, TensorBuffer Gradient);

/// <summary>
/// A contiguous range of micro-batches of one mini-batch. Forward pass and input gradients run over it as one batch; sums over samples are cut at
/// micro-batch boundaries and folded in the tree.
/// </summary>
public readonly ref struct GradientRequest
{
    /// <summary>Flat weights of one version.</summary>
    public required TensorBuffer Weights { get; init; }

    /// <summary>The whole mini-batch's cut.</summary>
    public required MiniBatchPartition Partition { get; init; }

    /// <summary>The first micro-batch of the range.</summary>
    public required int FirstMicroBatch { get; init; }

    /// <summary>One past the last micro-batch of the range.</summary>
    public required int EndMicroBatch { get; init; }

    /// <summary>[samples of the range × elements of a sample], row-major.</summary>
    public required ReadOnlySpan<float> Inputs { get; init; }

    public required TargetBatch Targets { get; init; }

    /// <summary>[samples of the range] indices in the data set. Noise (dropout) is keyed by (seed, step, sample, layer, unit), never by position.</summary>
    public required ReadOnlySpan<int> SampleIds { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>1-based.</summary>
    public required long Step { get; init; }

    public int SampleCount => Partition.Boundary(EndMicroBatch) - Partition.Boundary(FirstMicroBatch);
}

/// <summary>A graph with its memory planned, ready to run.</summary>
public interface IModelProgram
{
    int MaximumSampleCount { get; }

    /// <summary>Forward, loss and backward over a range of micro-batches; writes every aligned tree node of the range once.</summary>
    /// <param name="request">Weights, samples and range.</param>
    /// <param name="nodes">Exactly <c>TreeNode.Cover(first, end)</c>, in that order, each with a flat buffer to fill (gaps are left as they are).</param>
    /// <param name="statistics">[nodes] filled with each node's loss sum and counts.</param>
    void ComputeGradient(in GradientRequest request, ReadOnlySpan<GradientNode> nodes, Span<NodeStatistics> statistics);

    /// <summary>The graph's outputs in evaluation mode (no noise). Each sample's outputs do not depend on the others in the call.</summary>
    /// <param name="weights">Flat weights of one version.</param>
    /// <param name="inputs">[samples × elements of a sample].</param>
    /// <param name="sampleCount">At most <see cref="MaximumSampleCount"/>.</param>
    /// <param name="outputs">[samples × output width], filled.</param>
    void Forward(TensorBuffer weights, ReadOnlySpan<float> inputs, int sampleCount, Span<float> outputs);
}

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
