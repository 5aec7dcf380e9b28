using DistTrain.Engines.Simd.Measuring;

namespace DistTrain.Engines.Simd;

internal abstract unsafe partial class KernelSet
{
    /// <summary>Floating-point operations of one round of <see cref="MultiplyAddRounds"/>.</summary>
    public abstract double OperationsOfRound { get; }

    /// <summary>Fused multiply-adds on registers alone.</summary>
    public abstract float MultiplyAddRounds(long rounds);
}

internal sealed unsafe partial class KernelSet<TOps, TVector>
{
    public override double OperationsOfRound => PeakKernel<TOps, TVector>.OperationsOfRound;

    public override float MultiplyAddRounds(long rounds) => PeakKernel<TOps, TVector>.Run(rounds);
}
