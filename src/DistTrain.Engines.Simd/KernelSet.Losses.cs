using DistTrain.Engines.Simd.Losses;

namespace DistTrain.Engines.Simd;

internal abstract unsafe partial class KernelSet
{
    public abstract void SoftmaxCrossEntropy(in LossBatch batch);

    public abstract void MeanSquaredError(in LossBatch batch);

    public abstract void MeanAbsoluteError(in LossBatch batch);

    public abstract void Huber(in LossBatch batch);

    public abstract void BinaryCrossEntropy(in LossBatch batch);

    public abstract void Dice(in LossBatch batch);
}

internal sealed unsafe partial class KernelSet<TOps, TVector>
{
    public override void SoftmaxCrossEntropy(in LossBatch batch) => SoftmaxCrossEntropyKernel<TOps, TVector>.Run(batch);

    public override void MeanSquaredError(in LossBatch batch) => MeanSquaredErrorKernel<TOps, TVector>.Run(batch);

    public override void MeanAbsoluteError(in LossBatch batch) => MeanLossKernel<TOps, TVector, AbsoluteErrorElement<TOps, TVector>>.Run(batch);

    public override void Huber(in LossBatch batch) => MeanLossKernel<TOps, TVector, HuberElement<TOps, TVector>>.Run(batch);

    public override void BinaryCrossEntropy(in LossBatch batch) => MeanLossKernel<TOps, TVector, BinaryCrossEntropyElement<TOps, TVector>>.Run(batch);

    public override void Dice(in LossBatch batch) => DiceKernel<TOps, TVector>.Run(batch);
}
