using DistTrain.Engines.Simd.Gemm;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>What one call of a program works on, apart from the program's own buffers.</summary>
internal unsafe struct Pass
{
    public int SampleCount;

    /// <summary>Flat weights.</summary>
    public float* Weights;

    /// <summary>[leaves] samples of each micro-batch of the range.</summary>
    public int* LeafSamples;

    public NodeTarget* Nodes;
    public int NodeCount;

    /// <summary>[samples] indices in the data set; with seed and step the key of any noise.</summary>
    public int* SampleIds;

    public ulong Seed;
    public long Step;
    public bool IsTraining;
}

/// <summary>An operation of the graph with its memory, its kernels and its neighbours known.</summary>
internal abstract class PlannedOperation
{
    /// <summary>Writes the node's output from its input's output.</summary>
    public abstract void Forward(in Pass pass);

    /// <summary>From the gradient by the node's output: adds up the parameters' gradients by tree node, and writes the gradient by each input that has one to
    /// <see cref="ProgramMemory.InputGradient"/>. Called only where the gradient by the output is of use.</summary>
    public abstract void Backward(in Pass pass);
}
