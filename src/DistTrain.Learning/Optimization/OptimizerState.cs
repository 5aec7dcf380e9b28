using System.Collections.Immutable;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Optimization;

/// <summary>What an optimizer keeps from step to step: everything that a checkpoint must hold besides the weights and the step's number.</summary>
public sealed class OptimizerState
{
    /// <summary>As before the first update.</summary>
    public OptimizerState(OptimizerChain optimizer, ParameterLayout layout)
        : this(optimizer, ShardCut.Create(layout, 1), 0)
    {
    }

    /// <summary>Of one shard, as before the first update. Only the shard's elements are written, so the operating system gives no memory for the others.</summary>
    public OptimizerState(OptimizerChain optimizer, ShardCut cut, int shard)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(cut);
        Optimizer = optimizer;
        Tensors = [.. optimizer.Tensors.Select(tensor => Filled(tensor.InitialValue, cut, shard))];
        Scalars = optimizer.Scalars.Select(scalar => scalar.InitialValue).ToArray();
    }

    public OptimizerChain Optimizer { get; }

    /// <summary>[<see cref="OptimizerChain.Tensors"/>, which name them] flat buffers of the layout; of a shard, with nothing but its own elements.</summary>
    public ImmutableArray<TensorBuffer> Tensors { get; }

    /// <summary>[<see cref="OptimizerChain.Scalars"/>, which name them].</summary>
    public Memory<double> Scalars { get; }

    private static TensorBuffer Filled(float value, ShardCut cut, int shard)
    {
        var buffer = new TensorBuffer(cut.Layout.BufferLength);
        foreach (var segment in value == 0 ? [] : cut.SegmentsOf(shard))
        {
            buffer.Span.Slice(segment.Offset, segment.Length).Fill(value);
        }

        return buffer;
    }
}
