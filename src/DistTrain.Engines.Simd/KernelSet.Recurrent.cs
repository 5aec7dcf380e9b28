using DistTrain.Engines.Simd.Recurrent;

namespace DistTrain.Engines.Simd;

internal abstract unsafe partial class KernelSet
{
    /// <summary>One step forward, behind the products.</summary>
    public abstract void Lstm(in LstmStep step);

    /// <summary>One step backward: gates become dz.</summary>
    public abstract void LstmGradient(in LstmStep step);
}

internal sealed unsafe partial class KernelSet<TOps, TVector>
{
    public override void Lstm(in LstmStep step) => LstmKernel<TOps, TVector>.Forward(step);

    public override void LstmGradient(in LstmStep step) => LstmKernel<TOps, TVector>.Backward(step);
}
