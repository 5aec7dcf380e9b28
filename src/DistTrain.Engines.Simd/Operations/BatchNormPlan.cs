using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Losses;
using DistTrain.Engines.Simd.Norms;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>Batch norm: micro-batch by micro-batch in training, all rows with the running statistics in evaluation. Needs its input again for its gradient, not its output.</summary>
internal sealed unsafe class BatchNormPlan : PlannedOperation
{
    private readonly KernelSet kernels;
    private readonly ProgramMemory memory;
    private readonly GraphNode node;
    private readonly float epsilon;
    private readonly int channels;
    private readonly int rowsOfSample;

    /// <summary>[4] where γ, β, running mean and running variance lie among the weights and in a gradient node.</summary>
    private readonly int[] offsets;

    /// <summary>Elements from one tensor to the next in <see cref="leaf"/>.</summary>
    private readonly int stride;

    /// <summary>[micro-batches, 3, stride] mean, inverse deviation and Σ(x − mean)² of each micro-batch; in evaluation the first holds the running ones' inverse deviation.</summary>
    private readonly PlannedBuffer moments;

    /// <summary>[4, stride] a micro-batch's dγ, dβ, mean and variance (times its samples).</summary>
    private readonly PlannedBuffer leaf;

    /// <summary>[3, stride] scale, slope and shift of the input gradient.</summary>
    private readonly PlannedBuffer factors;

    private readonly LeafFold fold;

    public BatchNormPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        this.kernels = kernels;
        this.memory = memory;
        this.node = node;
        epsilon = (float)((BatchNormOperation)node.Operation).Epsilon;
        offsets = [.. node.Parameters.Select(index => graph.Layout.Tensors[index].Offset)];
        channels = graph.Layout.Tensors[node.Parameters[0]].Length;
        rowsOfSample = node.OutputShape.ElementCount / channels;
        stride = LaneSums.Padded(channels);
        moments = memory.ReserveBuffer(3L * stride * memory.MaximumSampleCount);
        leaf = memory.ReserveBuffer(4 * stride);
        factors = memory.ReserveBuffer(3 * stride);
        fold = new LeafFold(kernels, memory, 4 * stride, memory.MaximumSampleCount);
    }

    public override void Forward(in Pass pass)
    {
        if (!pass.IsTraining)
        {
            NormRows all = RowsOf(pass, 0, pass.SampleCount, 0);
            all.Mean = pass.Weights + offsets[2];
            WriteInverse(pass.Weights + offsets[3], 1, all.Inverse);
            kernels.BatchNorm(all);
            return;
        }

        int sample = 0;
        for (int microBatch = 0; sample < pass.SampleCount; microBatch++)
        {
            int samples = pass.LeafSamples[microBatch];
            NormRows rows = RowsOf(pass, sample, samples, microBatch);
            kernels.SumRows(rows.X, rows.Rows, channels, rows.Mean);
            for (int channel = 0; channel < channels; channel++)
            {
                rows.Mean[channel] /= rows.Rows;
            }

            kernels.SumSquaresOfRows(rows.X, rows.Rows, channels, rows.Mean, Squares(rows));
            WriteInverse(Squares(rows), rows.Rows, rows.Inverse);
            kernels.BatchNorm(rows);
            sample += samples;
        }
    }

    public override void Backward(in Pass pass)
    {
        for (int index = 0; index < pass.NodeCount; index++)
        {
            NodeTarget* target = pass.Nodes + index;
            float* sum = null;
            int sample = target->FirstSample;
            for (int position = 0; position < target->LeafCount; position++)
            {
                int samples = pass.LeafSamples[target->FirstLeaf + position];
                RunMicroBatch(RowsOf(pass, sample, samples, target->FirstLeaf + position), samples);
                sum = fold.Add(position, Leaf(0));
                sample += samples;
            }

            for (int tensor = 0; tensor < offsets.Length; tensor++)
            {
                Pointers.Copy(sum + (tensor * stride), target->Gradient + offsets[tensor], channels);
            }
        }
    }

    /// <summary>Fills <see cref="leaf"/> and the micro-batch's part of the input gradient.</summary>
    private void RunMicroBatch(NormRows rows, int samples)
    {
        rows.WeightGradient = Leaf(0);
        rows.BiasGradient = Leaf(1);
        kernels.BatchNormSums(rows);
        float* means = Leaf(2);
        float* variances = Leaf(3);
        float divisor = Math.Max(1, rows.Rows - 1);
        for (int channel = 0; channel < channels; channel++)
        {
            means[channel] = rows.Mean[channel] * samples;
            variances[channel] = Squares(rows)[channel] / divisor * samples;
        }

        if (!memory.HasGradient(node.Inputs[0]))
        {
            return;
        }

        float* scale = Factor(0);
        float* slope = Factor(1);
        float* shift = Factor(2);
        for (int channel = 0; channel < channels; channel++)
        {
            scale[channel] = rows.Weight[channel] * rows.Inverse[channel];
            slope[channel] = rows.WeightGradient[channel] / rows.Rows;
            shift[channel] = rows.BiasGradient[channel] / rows.Rows;
        }

        kernels.BatchNormInputGradient(rows, scale, slope, shift);
    }

    /// <summary>inverse = 1 / √(squares / count + ε).</summary>
    private void WriteInverse(float* squares, float count, float* inverse)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            inverse[channel] = 1f / MathF.Sqrt((squares[channel] / count) + epsilon);
        }
    }

    private NormRows RowsOf(in Pass pass, int firstSample, int samples, int microBatch)
    {
        nint first = (nint)firstSample * rowsOfSample * channels;
        float* own = Pointers.Of(moments) + ((nint)3 * stride * microBatch);
        bool givesInput = pass.IsTraining && memory.HasGradient(node.Inputs[0]);
        return new NormRows
        {
            Rows = (nint)samples * rowsOfSample, Columns = channels,
            X = memory.Output(node.Inputs[0]) + first, Y = memory.Output(node.Index) + first,
            Dy = pass.IsTraining ? memory.Gradient(node.Index) + first : null, Dx = givesInput ? memory.InputGradient(node) + first : null,
            Weight = pass.Weights + offsets[0], Bias = pass.Weights + offsets[1], Mean = own, Inverse = own + stride,
        };
    }

    private float* Squares(in NormRows rows) => rows.Inverse + stride;

    private float* Leaf(int tensor) => Pointers.Of(leaf) + (tensor * stride);

    private float* Factor(int factor) => Pointers.Of(factors) + (factor * stride);
}
