using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning.Graph;

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

    /// <summary>Told of each tensor whose gradient is final; null where nobody is.</summary>
    public Action<int>? TensorIsFinal;

    /// <summary>Returns when a tensor's weights may be read; null where they are all there.</summary>
    public Action<int>? WaitForTensor;

    /// <summary>Before a node's forward pass.</summary>
    public readonly void WaitForWeights(GraphNode node)
    {
        if (WaitForTensor is { } wait)
        {
            foreach (int tensor in node.Parameters)
            {
                wait(tensor);
            }
        }
    }

    /// <summary>Nothing more is added to the gradients of the node's parameters.</summary>
    public readonly void GradientsAreFinal(GraphNode node)
    {
        if (TensorIsFinal is { } tell)
        {
            for (int i = node.Parameters.Length - 1; i >= 0; i--)
            {
                tell(node.Parameters[i]);
            }
        }
    }
}

/// <summary>An operation of the graph with its memory, its kernels and its neighbours known.</summary>
internal abstract class PlannedOperation
{
    /// <summary>Whether <see cref="Backward"/> itself calls <see cref="Pass.GradientsAreFinal"/>, because it has more to do afterwards.</summary>
    public virtual bool TellsOfFinalGradients => false;

    /// <summary>Writes the node's output from its input's output.</summary>
    public abstract void Forward(in Pass pass);

    /// <summary>From the gradient by the node's output: adds up the parameters' gradients by tree node, and writes the gradient by each input that has one to
    /// <see cref="ProgramMemory.InputGradient"/>. Called only where the gradient by the output is of use.</summary>
    public abstract void Backward(in Pass pass);
}
