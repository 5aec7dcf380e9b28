using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>The dispatch table of losses.</summary>
internal static class LossTable
{
    public static void Check(Loss loss)
    {
        if (loss is not (SoftmaxCrossEntropyLoss or MeanSquaredErrorLoss))
        {
            throw new NotSupportedException($"the SIMD engine has no loss '{loss.Name}'");
        }
    }

    public static void Run(KernelSet kernels, Loss loss, in LossBatch batch)
    {
        if (loss is SoftmaxCrossEntropyLoss)
        {
            kernels.SoftmaxCrossEntropy(batch);
        }
        else
        {
            kernels.MeanSquaredError(batch);
        }
    }
}
