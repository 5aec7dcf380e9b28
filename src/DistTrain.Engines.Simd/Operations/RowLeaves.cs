using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Gemm;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>The micro-batches and tree nodes of a call counted in rows, for operations that work on several rows a sample (positions of a sequence).</summary>
internal sealed unsafe class RowLeaves(int rowsOfSample, int maximumSampleCount)
{
    private readonly int[] leafRows = GC.AllocateArray<int>(rowsOfSample == 1 ? 0 : maximumSampleCount, pinned: true);
    private readonly NodeTarget[] nodes = GC.AllocateArray<NodeTarget>(rowsOfSample == 1 ? 0 : SimdProgram.MaximumNodeCount, pinned: true);

    /// <summary>A gradient of these rows, its leaves and nodes set; the caller adds the matrices.</summary>
    public WeightGradient Gradient(in Pass pass)
    {
        if (rowsOfSample == 1)
        {
            return new WeightGradient { SampleCount = pass.SampleCount, LeafSamples = pass.LeafSamples, Nodes = pass.Nodes, NodeCount = pass.NodeCount };
        }

        int leaves = 0;
        for (int index = 0; index < pass.NodeCount; index++)
        {
            nodes[index] = pass.Nodes[index];
            nodes[index].FirstSample *= rowsOfSample;
            leaves += pass.Nodes[index].LeafCount;
        }

        for (int leaf = 0; leaf < leaves; leaf++)
        {
            leafRows[leaf] = pass.LeafSamples[leaf] * rowsOfSample;
        }

        return new WeightGradient
        {
            SampleCount = pass.SampleCount * rowsOfSample, NodeCount = pass.NodeCount,
            LeafSamples = (int*)Unsafe.AsPointer(ref leafRows[0]), Nodes = (NodeTarget*)Unsafe.AsPointer(ref nodes[0]),
        };
    }
}
