using System.Collections.Immutable;
using DistTrain.Learning.Graph;

namespace DistTrain.Learning.Optimization;

/// <summary>How one update moved one learned tensor; Euclidean norms.</summary>
/// <param name="TensorIndex">Position in the layout.</param>
/// <param name="GradientNorm">Of the mean gradient, before clipping, penalties, momentum and decay.</param>
/// <param name="WeightNorm">Of the weights before the update.</param>
/// <param name="ChangeNorm">Of new weights − old weights.</param>
public readonly record struct TensorNorms(int TensorIndex, double GradientNorm, double WeightNorm, double ChangeNorm)
{
    /// <summary>‖w' − w‖ / ‖w‖; 0 where nothing changed, infinite where a tensor of zeros did.</summary>
    public double UpdateRatio => ChangeNorm == 0 ? 0 : ChangeNorm / WeightNorm;

    /// <summary>One entry for each learned tensor, in order: sums of squares are added over its chunks, in their order.</summary>
    /// <param name="layout">Says which chunks a tensor has.</param>
    /// <param name="measures">[chunks of the layout] what the update did.</param>
    /// <param name="sampleCount">Of the mini-batch: turns the summed gradient into the mean one.</param>
    public static ImmutableArray<TensorNorms> Fold(ParameterLayout layout, ReadOnlySpan<ChunkMeasures> measures, int sampleCount)
    {
        ArgumentNullException.ThrowIfNull(layout);
        var sums = new ChunkMeasures[layout.Tensors.Length];
        foreach (var chunk in layout.Chunks)
        {
            var (sum, own) = (sums[chunk.TensorIndex], measures[chunk.Index]);
            sums[chunk.TensorIndex] = new ChunkMeasures(sum.Gradient + own.Gradient, sum.Weights + own.Weights, sum.Change + own.Change);
        }

        var norms = ImmutableArray.CreateBuilder<TensorNorms>();
        foreach (var tensor in layout.Tensors)
        {
            if (tensor.Update is LearnedParameter)
            {
                var sum = sums[tensor.Index];
                norms.Add(new TensorNorms(tensor.Index, Math.Sqrt(sum.Gradient) / sampleCount, Math.Sqrt(sum.Weights), Math.Sqrt(sum.Change)));
            }
        }

        return norms.ToImmutable();
    }
}
