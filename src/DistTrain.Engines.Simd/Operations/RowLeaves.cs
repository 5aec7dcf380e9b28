using DistTrain.Engines.Simd.Gemm;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>The micro-batches and tree nodes of a call counted in rows, for operations that work on several rows a sample (positions of a sequence).</summary>
internal sealed unsafe class RowLeaves
{
    private readonly int rowsOfSample;

    /// <summary>[leaves] rows of each micro-batch, as integers.</summary>
    private readonly PlannedBuffer leafRows;

    /// <summary>[nodes], as <see cref="NodeTarget"/>.</summary>
    private readonly PlannedBuffer nodes;

    public RowLeaves(ProgramMemory memory, int rowsOfSample)
    {
        this.rowsOfSample = rowsOfSample;
        leafRows = memory.ReserveBuffer(rowsOfSample == 1 ? 0 : memory.MaximumSampleCount);
        nodes = memory.ReserveBuffer(rowsOfSample == 1 ? 0 : SimdProgram.MostNodes * sizeof(NodeTarget) / sizeof(float));
        memory.ReserveGradientRows(rowsOfSample);
    }

    /// <summary>A gradient of these rows, its leaves and nodes set; the caller adds the matrices.</summary>
    public WeightGradient Gradient(in Pass pass)
    {
        if (rowsOfSample == 1)
        {
            return new WeightGradient { SampleCount = pass.SampleCount, LeafSamples = pass.LeafSamples, Nodes = pass.Nodes, NodeCount = pass.NodeCount };
        }

        int* rows = (int*)leafRows.Pointer;
        var targets = (NodeTarget*)nodes.Pointer;
        int leaves = 0;
        for (int index = 0; index < pass.NodeCount; index++)
        {
            targets[index] = pass.Nodes[index];
            targets[index].FirstSample *= rowsOfSample;
            leaves += pass.Nodes[index].LeafCount;
        }

        for (int leaf = 0; leaf < leaves; leaf++)
        {
            rows[leaf] = pass.LeafSamples[leaf] * rowsOfSample;
        }

        return new WeightGradient { SampleCount = pass.SampleCount * rowsOfSample, NodeCount = pass.NodeCount, LeafSamples = rows, Nodes = targets };
    }
}
