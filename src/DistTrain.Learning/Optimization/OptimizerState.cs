using System.Collections.Immutable;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Optimization;

/// <summary>What an optimizer keeps from step to step: everything that a checkpoint must hold besides the weights and the step's number.</summary>
public sealed class OptimizerState
{
    /// <summary>As before the first update.</summary>
    public OptimizerState(OptimizerChain optimizer, ParameterLayout layout)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(layout);
        Optimizer = optimizer;
        Tensors = [.. optimizer.Tensors.Select(tensor => Filled(tensor.InitialValue, layout.BufferLength))];
        Scalars = optimizer.Scalars.Select(scalar => scalar.InitialValue).ToArray();
    }

    public OptimizerChain Optimizer { get; }

    /// <summary>[<see cref="OptimizerChain.Tensors"/>, which name them] flat buffers of the layout.</summary>
    public ImmutableArray<TensorBuffer> Tensors { get; }

    /// <summary>[<see cref="OptimizerChain.Scalars"/>, which name them].</summary>
    public Memory<double> Scalars { get; }

    private static TensorBuffer Filled(float value, int length)
    {
        var buffer = new TensorBuffer(length);
        buffer.Span.Fill(value);
        return buffer;
    }
}
