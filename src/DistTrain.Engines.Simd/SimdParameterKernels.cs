using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd;

/// <summary>The parameter server's kernels. Stateless: threads may share one step's work over disjoint chunks.</summary>
internal sealed class SimdParameterKernels(KernelSet kernels) : IParameterKernels
{
    public int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk) => kernels.ReduceAndUpdate(request, firstChunk, endChunk);

    public void SumSquares(ParameterLayout layout, ReadOnlySpan<GradientNode> nodes, int firstChunk, int endChunk, Span<double> squares) =>
        kernels.SumSquares(layout, nodes, firstChunk, endChunk, squares);
}
