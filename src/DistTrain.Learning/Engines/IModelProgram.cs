using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines;

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

    /// <summary>
    /// Null, or called on the computing thread with a tensor's index as soon as its gradient is final in every node, while others are still to come: once for each tensor, the last tensor first.
    /// </summary>
    public Action<int>? TensorIsFinal { get; init; }

    /// <summary>
    /// Null, or called on the computing thread with a tensor's index before anything reads its weights, in the order of the forward pass: it returns when they are there. Weights that are
    /// never waited for are those of tensors that nothing reads.
    /// </summary>
    public Action<int>? WaitForTensor { get; init; }

    public int SampleCount => Partition.Boundary(EndMicroBatch) - Partition.Boundary(FirstMicroBatch);
}

/// <summary>A graph with its memory planned, ready to run.</summary>
public interface IModelProgram
{
    int MaximumSampleCount { get; }

    /// <summary>Forward, loss and backward over a range of micro-batches; writes every tree node that is asked for once.</summary>
    /// <param name="request">Weights, samples and range.</param>
    /// <param name="nodes">Exactly <c>TreeNode.Cover(first, end)</c> of the range, or with a highest level, in that order, each with a flat buffer to fill (gaps are left as they are).</param>
    /// <param name="statistics">[nodes] filled with each node's loss sum and counts.</param>
    void ComputeGradient(in GradientRequest request, ReadOnlySpan<GradientNode> nodes, Span<NodeStatistics> statistics);

    /// <summary>The graph's outputs in evaluation mode (no noise). Each sample's outputs do not depend on the others in the call.</summary>
    /// <param name="weights">Flat weights of one version.</param>
    /// <param name="inputs">[samples × elements of a sample].</param>
    /// <param name="sampleCount">At most <see cref="MaximumSampleCount"/>.</param>
    /// <param name="outputs">[samples × output width], filled.</param>
    void Forward(TensorBuffer weights, ReadOnlySpan<float> inputs, int sampleCount, Span<float> outputs);

    /// <summary>[samples × elements] what a node of the graph gave in the last <see cref="Forward"/>; only of a program that keeps its activations, and not of the samples themselves.</summary>
    ReadOnlySpan<float> Activations(int node);
}
