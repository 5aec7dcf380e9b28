using DistTrain.Engines.Simd.Norms;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>Batch norm: micro-batch by micro-batch in training, all rows with the running statistics in evaluation. Its tensors are γ, β, running mean and running variance.</summary>
internal sealed unsafe class BatchNormPlan : NormPlan
{
    private readonly float epsilon;

    /// <summary>[micro-batches, 3, stride] mean, inverse deviation and Σ(x − mean)² of each micro-batch; in evaluation the first holds the running ones' inverse deviation.</summary>
    private readonly PlannedBuffer moments;

    /// <summary>[3, stride] scale, slope and shift of the input gradient.</summary>
    private readonly PlannedBuffer factors;

    public BatchNormPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
        : base(kernels, memory, graph, node)
    {
        epsilon = (float)((BatchNormOperation)node.Operation).Epsilon;
        moments = memory.ReserveBuffer(3L * Stride * memory.MaximumSampleCount);
        factors = memory.ReserveBuffer(3 * Stride);
    }

    public override void Forward(in Pass pass)
    {
        if (!pass.IsTraining)
        {
            NormRows all = RowsWithMoments(pass, 0, pass.SampleCount, 0);
            all.Mean = pass.Weights + Offsets[2];
            WriteInverse(pass.Weights + Offsets[3], 1, all.Inverse);
            Kernels.BatchNorm(all);
            return;
        }

        int sample = 0;
        for (int microBatch = 0; sample < pass.SampleCount; microBatch++)
        {
            int samples = pass.LeafSamples[microBatch];
            NormRows rows = RowsWithMoments(pass, sample, samples, microBatch);
            Kernels.SumRows(rows.X, rows.Rows, Columns, rows.Mean);
            for (int channel = 0; channel < Columns; channel++)
            {
                rows.Mean[channel] /= rows.Rows;
            }

            Kernels.SumSquaresOfRows(rows.X, rows.Rows, Columns, rows.Mean, Squares(rows));
            WriteInverse(Squares(rows), rows.Rows, rows.Inverse);
            Kernels.BatchNorm(rows);
            sample += samples;
        }
    }

    protected override void RunMicroBatch(in Pass pass, int firstSample, int samples, int microBatch)
    {
        NormRows rows = RowsWithMoments(pass, firstSample, samples, microBatch);
        Kernels.BatchNormSums(rows);
        float* means = Leaf(2);
        float* variances = Leaf(3);
        float divisor = Math.Max(1, rows.Rows - 1);
        for (int channel = 0; channel < Columns; channel++)
        {
            means[channel] = rows.Mean[channel] * samples;
            variances[channel] = Squares(rows)[channel] / divisor * samples;
        }

        if (!GivesInputGradient)
        {
            return;
        }

        float* scale = Factor(0);
        float* slope = Factor(1);
        float* shift = Factor(2);
        for (int channel = 0; channel < Columns; channel++)
        {
            scale[channel] = rows.Weight[channel] * rows.Inverse[channel];
            slope[channel] = rows.WeightGradient[channel] / rows.Rows;
            shift[channel] = rows.BiasGradient[channel] / rows.Rows;
        }

        Kernels.BatchNormInputGradient(rows, scale, slope, shift);
    }

    /// <summary>inverse = 1 / √(squares / count + ε).</summary>
    private void WriteInverse(float* squares, float count, float* inverse)
    {
        for (int channel = 0; channel < Columns; channel++)
        {
            inverse[channel] = 1f / MathF.Sqrt((squares[channel] / count) + epsilon);
        }
    }

    private NormRows RowsWithMoments(in Pass pass, int firstSample, int samples, int microBatch)
    {
        float* own = Pointers.Of(moments) + ((nint)3 * Stride * microBatch);
        return RowsOf(pass, firstSample, samples) with { Mean = own, Inverse = own + Stride };
    }

    private float* Squares(in NormRows rows) => rows.Inverse + Stride;

    private float* Factor(int factor) => Pointers.Of(factors) + (factor * Stride);
}
