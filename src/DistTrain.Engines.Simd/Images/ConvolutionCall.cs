using DistTrain.Engines.Simd.Gemm;

namespace DistTrain.Engines.Simd.Images;

/// <summary>A max-pooling computed together with the convolution in front of it, so that a sample's outputs never leave the cache.</summary>
internal unsafe struct FusedPool
{
    public PoolShape Shape;

    /// <summary>[samples × pooled elements].</summary>
    public float* Outputs;

    /// <summary>[samples × pooled elements] the tap that won each window, as a number.</summary>
    public float* Winners;
}

/// <summary>What the convolution kernels work on.</summary>
internal unsafe ref struct ConvolutionCall
{
    public ConvolutionShape Shape;
    public int SampleCount;
    public float* Scratch;

    /// <summary>[samples, height, width, channels].</summary>
    public float* X;

    /// <summary>[kernel height, kernel width, group's channels, filters].</summary>
    public float* Weights;

    /// <summary>Null, or [filters].</summary>
    public float* Bias;

    /// <summary>Whether max(·, 0) follows the bias.</summary>
    public bool Relu;

    /// <summary>Whether <see cref="Pool"/> follows.</summary>
    public bool HasPool;

    public FusedPool Pool;

    /// <summary>Forward, without a pool: [samples, pixels, filters].</summary>
    public float* Y;

    /// <summary>Backward: the gradient by the outputs, or with a pool by the pooled outputs.</summary>
    public float* Dy;

    /// <summary>Backward: null, or where the gradient by the samples goes.</summary>
    public float* Dx;

    public int* LeafSamples;
    public NodeTarget* Nodes;
    public int NodeCount;

    /// <summary>Offset of the weights' gradient in every node's buffer.</summary>
    public nint WeightOffset;

    /// <summary>The same of the bias; read only where there is one.</summary>
    public nint BiasOffset;
}
