using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Images;

namespace DistTrain.Engines.Simd;

internal abstract unsafe partial class KernelSet
{
    public abstract void Convolve(in ConvolutionCall call, GemmWorkspace workspace);

    public abstract void ConvolveBackward(in ConvolutionCall call);

    /// <summary>One sample: y = the largest of each window of x, winners = its tap.</summary>
    public abstract void MaxPool(in PoolShape shape, float* x, float* y, float* winners);

    /// <summary>One sample: adds to dx.</summary>
    public abstract void MaxPoolGradient(in PoolShape shape, float* dy, float* winners, float* dx);

    /// <summary>One sample: y = the mean of each window of x.</summary>
    public abstract void AveragePool(in PoolShape shape, float* x, float* y);

    /// <summary>One sample: adds to dx.</summary>
    public abstract void AveragePoolGradient(in PoolShape shape, float* dy, float* dx);
}

internal sealed unsafe partial class KernelSet<TOps, TVector>
{
    public override void Convolve(in ConvolutionCall call, GemmWorkspace workspace) => ConvolutionForward<TOps, TVector>.Run(call, workspace);

    public override void ConvolveBackward(in ConvolutionCall call) => ConvolutionBackward<TOps, TVector>.Run(call);

    public override void MaxPool(in PoolShape shape, float* x, float* y, float* winners) => PoolKernels<TOps, TVector>.Max(shape, x, y, winners);

    public override void MaxPoolGradient(in PoolShape shape, float* dy, float* winners, float* dx) => PoolKernels<TOps, TVector>.MaxGradient(shape, dy, winners, null, dx);

    public override void AveragePool(in PoolShape shape, float* x, float* y) => PoolKernels<TOps, TVector>.Average(shape, x, y);

    public override void AveragePoolGradient(in PoolShape shape, float* dy, float* dx) => PoolKernels<TOps, TVector>.AverageGradient(shape, dy, dx);
}
