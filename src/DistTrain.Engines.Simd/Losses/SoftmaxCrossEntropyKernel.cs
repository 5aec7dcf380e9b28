using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Numerics;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>Softmax and cross-entropy in one pass over each row: loss log Σ exp(z − max) − (z[label] − max), gradient softmax(z) − onehot(label), both smoothed and averaged over positions where asked for.</summary>
internal static unsafe class SoftmaxCrossEntropyKernel<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in LossBatch batch)
    {
        int width = batch.Width;
        int padded = LaneSums.Padded(width);
        float share = (float)(batch.LabelSmoothing / width);
        float labelShare = (float)(1 - batch.LabelSmoothing + (batch.LabelSmoothing / width));
        for (int sample = 0; sample < batch.SampleCount; sample++)
        {
            float loss = 0f;
            int correct = 0;
            for (int position = 0; position < batch.RowsPerSample; position++)
            {
                nint index = ((nint)sample * batch.RowsPerSample) + position;
                float* outputs = batch.Outputs + (index * width);
                int label = batch.Labels[index];
                int best = LaneSums.IndexOfMaximum(outputs, width);
                LossRows.Load(outputs, width, float.NegativeInfinity, batch.RowScratch);
                float sum = SoftmaxRow<TOps, TVector>.Run(batch.RowScratch, padded, outputs[best]);
                loss += RowLoss(batch, outputs, outputs[best], label, sum);
                correct += best == label ? 1 : 0;
                WriteGradient(batch, batch.Gradient + (index * width), label, share, labelShare);
            }

            batch.Losses[sample] = loss / batch.RowsPerSample;
            batch.Correct[sample] = correct;
        }
    }

    private static float RowLoss(in LossBatch batch, float* outputs, float maximum, int label, float sum)
    {
        float logSum = DeterministicMath.Log(sum);
        float loss = logSum - (outputs[label] - maximum);
        if (batch.LabelSmoothing == 0)
        {
            return loss;
        }

        int padded = LaneSums.Padded(batch.Width);
        float* shifted = batch.RowScratch + padded;
        LossRows.Load(outputs, batch.Width, maximum, shifted);
        TVector shift = TOps.Broadcast(maximum);
        for (int i = 0; i < padded; i += TOps.Width)
        {
            TOps.Store(TOps.Subtract(TOps.Load(shifted + i), shift), shifted + i);
        }

        float uniformLoss = logSum - (LaneLoop<TOps, TVector>.Sum(shifted, padded) / batch.Width);
        return MathF.FusedMultiplyAdd((float)batch.LabelSmoothing, uniformLoss - loss, loss);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteGradient(in LossBatch batch, float* gradient, int label, float share, float labelShare)
    {
        float* row = batch.RowScratch;
        float atLabel = row[label] - labelShare;
        if (share != 0f)
        {
            for (int i = 0; i < batch.Width; i++)
            {
                row[i] -= share;
            }
        }

        row[label] = atLabel;
        if (batch.RowsPerSample > 1)
        {
            TVector divisor = TOps.Broadcast(batch.RowsPerSample);
            for (int i = 0; i < batch.Width; i += TOps.Width)
            {
                TOps.Store(TOps.Divide(TOps.Load(row + i), divisor), row + i);
            }
        }

        for (int i = 0; i < batch.Width; i++)
        {
            gradient[i] = row[i];
        }
    }
}
