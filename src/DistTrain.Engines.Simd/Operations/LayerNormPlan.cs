using DistTrain.Engines.Simd.Norms;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>Layer norm, each position by itself; sums over samples are cut at micro-batch borders.</summary>
internal sealed unsafe class LayerNormPlan : NormPlan
{
    private readonly float epsilon;

    /// <summary>[rows] mean and [rows] inverse deviation.</summary>
    private readonly PlannedBuffer means;

    private readonly PlannedBuffer inverses;

    public LayerNormPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
        : base(kernels, memory, graph, node)
    {
        epsilon = (float)((LayerNormOperation)node.Operation).Epsilon;
        means = memory.ReserveBuffer((long)RowsOfSample * memory.MaximumSampleCount);
        inverses = memory.ReserveBuffer(means.Length);
    }

    public override void Forward(in Pass pass) => Kernels.LayerNorm(RowsWithMoments(pass, 0, pass.SampleCount), epsilon);

    protected override void RunMicroBatch(in Pass pass, int firstSample, int samples, int microBatch) => Kernels.LayerNormGradient(RowsWithMoments(pass, firstSample, samples));

    private NormRows RowsWithMoments(in Pass pass, int firstSample, int samples)
    {
        nint row = (nint)firstSample * RowsOfSample;
        return RowsOf(pass, firstSample, samples) with { Mean = Pointers.Of(means) + row, Inverse = Pointers.Of(inverses) + row };
    }
}
