using System.Runtime.Intrinsics;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd;

/// <summary>All kernels for one path: the one place where the choice of instructions becomes a call.</summary>
internal abstract unsafe class KernelSet
{
    /// <exception cref="PlatformNotSupportedException">This processor or runtime cannot run the path.</exception>
    public static KernelSet For(KernelPath path)
    {
        if (!KernelPaths.IsSupported(path))
        {
            throw new PlatformNotSupportedException($"this processor or runtime cannot run the {path} kernels");
        }

        return path switch
        {
            KernelPath.Avx512 => new KernelSet<Avx512Operations, Vector512<float>>(),
            KernelPath.Avx2 => new KernelSet<Avx2Operations, Vector256<float>>(),
            _ => new KernelSet<PortableOperations, Vector128<float>>(),
        };
    }

    public abstract void Multiply(in MatrixProduct product, GemmWorkspace workspace);

    public abstract void AccumulateWeightGradient(in WeightGradient gradient, GemmWorkspace workspace);
}

internal sealed unsafe class KernelSet<TOps, TVector> : KernelSet
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public override void Multiply(in MatrixProduct product, GemmWorkspace workspace) => MatrixMultiplier<TOps, TVector>.Run(product, workspace);

    public override void AccumulateWeightGradient(in WeightGradient gradient, GemmWorkspace workspace) => WeightGradientKernel<TOps, TVector>.Run(gradient, workspace);
}
