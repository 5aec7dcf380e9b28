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
            if (!UpdateChunk(request, request.Layout.Chunks[index]) && firstNonFinite < 0)
            {
                firstNonFinite = index;
            }
        }

        return firstNonFinite;
    }

    /// <returns>Whether every mean gradient and every new weight of the chunk is finite.</returns>
    private static bool UpdateChunk(in UpdateRequest request, Chunk chunk)
    {
        var finite = true;
        for (var i = chunk.Offset; i < chunk.Offset + chunk.Length; i++)
        {
            var gradient = Root(request.Nodes, i) / request.SampleCount;
            var update = Transform(request, gradient, i);
            var weight = MathF.FusedMultiplyAdd(-request.LearningRate, update, request.OldWeights.Span[i]);
            request.NewWeights.Span[i] = weight;
            finite &= float.IsFinite(gradient) && float.IsFinite(weight);
        }

        return finite;
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

    private static float Transform(in UpdateRequest request, float gradient, int element)
    {
        var update = gradient;
        var state = 0;
        for (var i = 0; i < request.Optimizer.Transforms.Length; i++)
        {
            var transform = request.Optimizer.Transforms[i];
            update = Transform(transform, request.Constants[i], update, request.State[state..], element);
            state += transform.StateNames.Length;
        }

        return update;
    }

    private static float Transform(UpdateTransform transform, UpdateConstants c, float g, ReadOnlySpan<TensorBuffer> state, int element)
    {
        switch (transform)
        {
            case MomentumTransform momentum:
            {
                ref var velocity = ref state[0].Span[element];
                velocity = MathF.FusedMultiplyAdd(c.A, velocity, g);
                return momentum.Nesterov ? MathF.FusedMultiplyAdd(c.A, velocity, g) : velocity;
            }

            case AdamTransform adam:
            {
                ref var mean = ref state[0].Span[element];
                ref var variance = ref state[1].Span[element];
                mean = MathF.FusedMultiplyAdd(c.A, mean, c.B * g);
                variance = MathF.FusedMultiplyAdd(c.C, variance, c.D * g * g);
                return mean * c.E / (MathF.Sqrt(variance * c.F) + (float)adam.Epsilon);
            }

            default:
                throw new NotSupportedException($"the reference engine has no transform '{transform.GetType().Name}'");
        }
    }
}
