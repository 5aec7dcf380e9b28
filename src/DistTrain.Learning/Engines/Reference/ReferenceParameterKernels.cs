using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Learning.Engines.Reference;

/// <summary>The parameter server's kernels, one element at a time.</summary>
internal sealed class ReferenceParameterKernels : IParameterKernels
{
    public int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk)
    {
        var firstNonFinite = -1;
        for (var index = firstChunk; index < endChunk; index++)
        {
            var chunk = request.Layout.Chunks[index];
            var finite = request.Layout.Tensors[chunk.TensorIndex].Update is RunningStatistic statistic ? MoveStatistic(request, chunk, statistic) : RunStage(request, chunk);
            if (!finite && firstNonFinite < 0)
            {
                firstNonFinite = index;
            }
        }

        return firstNonFinite;
    }

    public void SumSquares(ParameterLayout layout, ReadOnlySpan<GradientNode> nodes, int firstChunk, int endChunk, Span<double> squares)
    {
        for (var index = firstChunk; index < endChunk; index++)
        {
            var chunk = layout.Chunks[index];
            squares[index] = layout.Tensors[chunk.TensorIndex].Update is RunningStatistic ? 0 : ReferenceSums.SumOfSquares<double>(Widened(Root(nodes, chunk)));
        }
    }

    /// <returns>Whether every new value of the chunk is finite.</returns>
    private static bool MoveStatistic(in UpdateRequest request, Chunk chunk, RunningStatistic statistic)
    {
        var finite = true;
        for (var i = chunk.Offset; i < chunk.Offset + chunk.Length && request.Stage == 0; i++)
        {
            var old = request.OldWeights.Span[i];
            var mean = Root(request.Nodes, i) / request.SampleCount;
            var moved = MathF.FusedMultiplyAdd((float)statistic.Momentum, mean - old, old);
            request.NewWeights.Span[i] = moved;
            finite &= float.IsFinite(moved);
        }

        return finite;
    }

    /// <returns>Whether every mean gradient and every new weight of the chunk is finite.</returns>
    private static bool RunStage(in UpdateRequest request, Chunk chunk)
    {
        var isLast = request.Stage == request.Optimizer.Stages.Length - 1;
        var finite = true;
        for (var i = chunk.Offset; i < chunk.Offset + chunk.Length; i++)
        {
            var update = request.NewWeights.Span[i];
            if (request.Stage == 0)
            {
                update = Root(request.Nodes, i) / request.SampleCount;
                finite &= float.IsFinite(update);
            }

            update = Transform(request, update, i, request.Factors[chunk.TensorIndex]);
            if (isLast)
            {
                update = MathF.FusedMultiplyAdd(-request.LearningRate, update, request.OldWeights.Span[i]);
                finite &= float.IsFinite(update);
            }

            request.NewWeights.Span[i] = update;
        }

        Measure(request, chunk, isLast);
        return finite;
    }

    private static void Measure(in UpdateRequest request, Chunk chunk, bool isLast)
    {
        var oldWeights = request.OldWeights.Span.Slice(chunk.Offset, chunk.Length);
        var newWeights = request.NewWeights.Span.Slice(chunk.Offset, chunk.Length);
        if (!isLast)
        {
            var next = (NormTransform)request.Optimizer.Transforms[request.Optimizer.Stages[request.Stage + 1].First];
            request.Squares[chunk.Index] = new StageSquares(
                ReferenceSums.SumOfSquares<double>(Widened(newWeights)), next.Scope == NormScope.Tensor ? ReferenceSums.SumOfSquares<double>(Widened(oldWeights)) : 0);
        }

        if (!request.Measures.IsEmpty && request.Stage == 0)
        {
            request.Measures[chunk.Index] = new ChunkMeasures(ReferenceSums.SumOfSquares<double>(Widened(Root(request.Nodes, chunk))), 0, 0);
        }

        if (!request.Measures.IsEmpty && isLast)
        {
            var change = new float[chunk.Length];
            for (var i = 0; i < change.Length; i++)
            {
                change[i] = newWeights[i] - oldWeights[i];
            }

            request.Measures[chunk.Index] = request.Measures[chunk.Index] with
            {
                Weights = ReferenceSums.SumOfSquares<double>(Widened(oldWeights)), Change = ReferenceSums.SumOfSquares<double>(Widened(change)),
            };
        }
    }

    private static double[] Widened(ReadOnlySpan<float> values)
    {
        var result = new double[values.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    private static float[] Root(ReadOnlySpan<GradientNode> nodes, Chunk chunk)
    {
        var root = new float[chunk.Length];
        for (var i = 0; i < root.Length; i++)
        {
            root[i] = Root(nodes, chunk.Offset + i);
        }

        return root;
    }

    private static float Root(ReadOnlySpan<GradientNode> nodes, int element)
    {
        var leaves = new (TreeNode, float)[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            leaves[i] = (nodes[i].Node, nodes[i].Gradient.Span[element]);
        }

        return TreeFold.Fold(leaves, (left, right) => left + right)[0].Value;
    }

    private static float Transform(in UpdateRequest request, float gradient, int element, float factor)
    {
        var update = gradient;
        var stage = request.Optimizer.Stages[request.Stage];
        for (var i = stage.First; i < stage.End; i++)
        {
            var transform = request.Optimizer.Transforms[i];
            var state = request.State.Slice(request.Optimizer.FirstTensor(i), transform.Tensors.Length);
            update = new ReferenceTransform(request.Constants[i], factor, request.OldWeights.Span[element], state, element).Apply(transform, update);
        }

        return update;
    }
}
