using System.Collections.Immutable;
using System.Numerics;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>What one call of a program works on.</summary>
/// <param name="Borders">[micro-batches + 1] first sample of each micro-batch within the range, then the sample count. In evaluation one micro-batch of all samples.</param>
/// <param name="IsTraining">Whether noise is drawn and statistics are those of the micro-batches.</param>
/// <param name="SampleIds">[samples] indices in the data set; with seed and step the key of any noise. Empty in evaluation.</param>
internal sealed record ReferencePass(int[] Borders, bool IsTraining, int[] SampleIds, ulong Seed, long Step)
{
    public int SampleCount => Borders[^1];

    public static ReferencePass Evaluating(int sampleCount) => new([0, sampleCount], false, [], 0, 0);
}

/// <summary>One node of the graph in one call: what it reads and, once it has run, what it gave.</summary>
/// <param name="Inputs">[inputs][samples × elements].</param>
/// <param name="Parameters">[parameters of the node][elements].</param>
internal sealed record ReferenceNode<T>(GraphNode Node, ImmutableArray<TensorShape> InputShapes, T[][] Inputs, T[][] Parameters, ReferencePass Pass)
{
    /// <summary>[samples × elements]; set when the node has run forward.</summary>
    public T[] Output { get; set; } = [];

    public int SampleCount => Pass.SampleCount;
}

/// <summary>
/// One operation in the plainest possible form; it says in code what the operation's docstring says in words. Arrays are [samples × elements], row-major. It keeps nothing between
/// calls: what the backward pass needs again it computes again.
/// </summary>
internal abstract class ReferenceOperation<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    /// <returns>[samples × outputs].</returns>
    public abstract T[] Forward(ReferenceNode<T> node);

    /// <param name="node">The node, with its output.</param>
    /// <param name="dy">[samples × outputs] gradient by the output.</param>
    /// <returns>[inputs][samples × elements] gradient by each input.</returns>
    public abstract T[][] InputGradients(ReferenceNode<T> node, T[] dy);

    /// <summary>One micro-batch's undivided gradient sums, samples [first, end) in order; for running statistics the micro-batch's statistic times its number of samples.</summary>
    /// <returns>[parameters of the node][elements].</returns>
    public virtual T[][] ParameterGradients(ReferenceNode<T> node, T[] dy, int first, int end) => [];
}

/// <summary>The dispatch table: which code runs an operation.</summary>
internal static class ReferenceOperations<T, TArithmetic>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TArithmetic : IReferenceArithmetic<T>
{
    public static ReferenceOperation<T, TArithmetic> Of(Operation operation) => operation switch
    {
        DenseOperation => new ReferenceDense<T, TArithmetic>(),
        ReluOperation => ReferenceActivations<T, TArithmetic>.Relu,
        LeakyReluOperation { Slope: var slope } => ReferenceActivations<T, TArithmetic>.LeakyRelu(slope),
        EluOperation { Alpha: var alpha } => ReferenceActivations<T, TArithmetic>.Elu(alpha),
        TanhOperation => ReferenceActivations<T, TArithmetic>.Tanh,
        SigmoidOperation => ReferenceActivations<T, TArithmetic>.Sigmoid,
        SwishOperation => ReferenceActivations<T, TArithmetic>.Swish,
        GeluOperation => ReferenceActivations<T, TArithmetic>.Gelu,
        GeluTanhOperation => ReferenceActivations<T, TArithmetic>.GeluTanh,
        SoftmaxOperation => new ReferenceSoftmax<T, TArithmetic>(),
        DropoutOperation dropout => new ReferenceDropout<T, TArithmetic>(dropout),
        EmbeddingOperation embedding => new ReferenceEmbedding<T, TArithmetic>(embedding),
        FlattenOperation => new ReferenceFlatten<T, TArithmetic>(),
        BatchNormOperation norm => new ReferenceBatchNorm<T, TArithmetic>(norm.Epsilon),
        LayerNormOperation norm => new ReferenceLayerNorm<T, TArithmetic>(norm.Epsilon),
        LstmOperation lstm => new ReferenceLstm<T, TArithmetic>(lstm),
        ConcatOperation => new ReferenceConcat<T, TArithmetic>(),
        AddOperation => new ReferenceAdd<T, TArithmetic>(),
        Conv2dOperation convolution => new ReferenceConv2d<T, TArithmetic>(convolution),
        MaxPool2dOperation or GlobalMaxPoolOperation => new ReferenceMaxPool<T, TArithmetic>((PoolOperation)operation),
        AveragePool2dOperation or GlobalAveragePoolOperation => new ReferenceAveragePool<T, TArithmetic>((PoolOperation)operation),
        _ => throw new NotSupportedException($"the reference engine has no operation '{operation.Kind}'"),
    };
}
