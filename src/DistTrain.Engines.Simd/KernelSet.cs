using System.Runtime.Intrinsics;
using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Engines.Simd.Updates;
using DistTrain.Learning.Engines;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd;

/// <summary>All kernels for one path: the one place where the choice of instructions becomes a call.</summary>
internal abstract unsafe partial class KernelSet
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

    /// <summary>z[i] = x[i] + y[i].</summary>
    public abstract void Add(float* x, float* y, float* z, nint count);

    /// <summary>y[i] = relu(x[i]).</summary>
    public abstract void Relu(float* x, float* y, nint count);

    /// <summary>dx[i] = y[i] &gt; 0 ? dy[i] : 0.</summary>
    public abstract void ReluGradient(float* y, float* dy, float* dx, nint count);

    /// <summary>y[i] = tanh(x[i]).</summary>
    public abstract void Tanh(float* x, float* y, nint count);

    /// <summary>dx[i] = dy[i] (1 − y[i]²).</summary>
    public abstract void TanhGradient(float* y, float* dy, float* dx, nint count);

    /// <summary>y[i] = exp(x[i]).</summary>
    public abstract void Exp(float* x, float* y, nint count);

    public abstract int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk);

    public abstract void SumSquares(ParameterLayout layout, ReadOnlySpan<GradientNode> nodes, int firstChunk, int endChunk, Span<double> squares);
}

internal sealed unsafe partial class KernelSet<TOps, TVector> : KernelSet
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public override void Multiply(in MatrixProduct product, GemmWorkspace workspace) => MatrixMultiplier<TOps, TVector>.Run(product, workspace);

    public override void AccumulateWeightGradient(in WeightGradient gradient, GemmWorkspace workspace) => WeightGradientKernel<TOps, TVector>.Run(gradient, workspace);

    public override void Add(float* x, float* y, float* z, nint count) => ElementwiseLoop<TOps, TVector>.Binary<AddFunction<TOps, TVector>>(x, y, z, count);

    public override void Relu(float* x, float* y, nint count) => ElementwiseLoop<TOps, TVector>.Unary<ReluFunction<TOps, TVector>>(x, y, count);

    public override void ReluGradient(float* y, float* dy, float* dx, nint count) =>
        ElementwiseLoop<TOps, TVector>.Binary<ReluGradientFunction<TOps, TVector>>(y, dy, dx, count);

    public override void Tanh(float* x, float* y, nint count) => ElementwiseLoop<TOps, TVector>.Unary<TanhFunction<TOps, TVector>>(x, y, count);

    public override void TanhGradient(float* y, float* dy, float* dx, nint count) =>
        ElementwiseLoop<TOps, TVector>.Binary<TanhGradientFunction<TOps, TVector>>(y, dy, dx, count);

    public override void Exp(float* x, float* y, nint count) => ElementwiseLoop<TOps, TVector>.Unary<ExpFunction<TOps, TVector>>(x, y, count);

    public override int ReduceAndUpdate(in UpdateRequest request, int firstChunk, int endChunk) => ParameterUpdate<TOps, TVector>.Run(request, firstChunk, endChunk);

    public override void SumSquares(ParameterLayout layout, ReadOnlySpan<GradientNode> nodes, int firstChunk, int endChunk, Span<double> squares) =>
        NodeSquareSums<TOps, TVector>.Run(layout, nodes, firstChunk, endChunk, squares);
}
