using DistTrain.Learning.Engines;

namespace DistTrain.Engines.Simd;

/// <summary>The parameter server's kernels. Stateless: threads may share one step's work over disjoint chunks.</summary>
internal sealed class SimdParameterKernels(KernelSet kernels) : IParameterKernels
{
    public int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk) => kernels.ReduceAndUpdate(request, firstChunk, endChunk);
}
