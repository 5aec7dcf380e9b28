using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Losses;

/// <summary>The dispatch table of losses.</summary>
internal static class LossTable
{
    public static void Check(Loss loss)
    {
        if (loss is not (SoftmaxCrossEntropyLoss or MeanSquaredErrorLoss or MeanAbsoluteErrorLoss or HuberLoss or BinaryCrossEntropyLoss or DiceLoss))
        {
            throw new NotSupportedException($"the SIMD engine has no loss '{loss.Name}'");
        }
    }

    public static void Run(KernelSet kernels, Loss loss, in LossBatch batch)
    {
        switch (loss)
        {
            case SoftmaxCrossEntropyLoss:
                kernels.SoftmaxCrossEntropy(batch);
                break;
            case MeanSquaredErrorLoss:
                kernels.MeanSquaredError(batch);
                break;
            case MeanAbsoluteErrorLoss:
                kernels.MeanAbsoluteError(batch);
                break;
            case HuberLoss:
                kernels.Huber(batch);
                break;
            case BinaryCrossEntropyLoss:
                kernels.BinaryCrossEntropy(batch);
                break;
            default:
                kernels.Dice(batch);
                break;
        }
    }
}
