using DistTrain.Engines.Simd.Norms;

namespace DistTrain.Engines.Simd;

internal abstract unsafe partial class KernelSet
{
    /// <summary>sums [columns] = Σ x over the rows in order.</summary>
    public abstract void SumRows(float* x, nint rows, int columns, float* sums);

    /// <summary>sums [columns] = Σ (x − mean)² over the rows in order.</summary>
    public abstract void SumSquaresOfRows(float* x, nint rows, int columns, float* mean, float* sums);

    public abstract void BatchNorm(in NormRows norm);

    /// <summary>dγ and dβ of the rows.</summary>
    public abstract void BatchNormSums(in NormRows norm);

    /// <summary>dx = scale · fma(−x̂, slope, dy − shift), all three [columns].</summary>
    public abstract void BatchNormInputGradient(in NormRows norm, float* scale, float* slope, float* shift);

    public abstract void LayerNorm(in NormRows norm, float epsilon);

    /// <summary>dγ, dβ and, where it is wanted, dx of the rows.</summary>
    public abstract void LayerNormGradient(in NormRows norm);
}

internal sealed unsafe partial class KernelSet<TOps, TVector>
{
    public override void SumRows(float* x, nint rows, int columns, float* sums) => BatchNormKernel<TOps, TVector>.Sum(x, rows, columns, sums);

    public override void SumSquaresOfRows(float* x, nint rows, int columns, float* mean, float* sums) => BatchNormKernel<TOps, TVector>.SumOfSquares(x, rows, columns, mean, sums);

    public override void BatchNorm(in NormRows norm) => BatchNormKernel<TOps, TVector>.Normalize(norm);

    public override void BatchNormSums(in NormRows norm) => BatchNormKernel<TOps, TVector>.SumGradients(norm);

    public override void BatchNormInputGradient(in NormRows norm, float* scale, float* slope, float* shift) =>
        BatchNormKernel<TOps, TVector>.InputGradient(norm, scale, slope, shift);

    public override void LayerNorm(in NormRows norm, float epsilon) => LayerNormKernel<TOps, TVector>.Forward(norm, epsilon);

    public override void LayerNormGradient(in NormRows norm) => LayerNormKernel<TOps, TVector>.Backward(norm);
}
