using DistTrain.Engines.Simd.Elementwise;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd;

internal abstract unsafe partial class KernelSet
{
    /// <summary>The kernel of an activation other than ReLU and softmax.</summary>
    public abstract ActivationKernel Activation(Operation operation);

    public abstract void Dropout(in DropoutCall call);

    /// <summary>softmax of [rows, width]; x and y may be the same.</summary>
    /// <param name="scratch">[2][width rounded up to a multiple of 16].</param>
    public abstract void Softmax(float* x, float* y, int rows, int width, float* scratch);

    /// <summary>dx = y (dy − Σ y dy) of [rows, width]; dy and dx may be the same.</summary>
    /// <param name="scratch">[2][width rounded up to a multiple of 16].</param>
    public abstract void SoftmaxGradient(float* y, float* dy, float* dx, int rows, int width, float* scratch);
}

internal sealed unsafe partial class KernelSet<TOps, TVector>
{
    public override ActivationKernel Activation(Operation operation) => operation switch
    {
        LeakyReluOperation { Slope: var slope } => new ActivationKernel<TOps, TVector, LeakyReluActivation<TOps, TVector>>((float)slope),
        EluOperation { Alpha: var alpha } => new ActivationKernel<TOps, TVector, EluActivation<TOps, TVector>>((float)alpha),
        TanhOperation => new ActivationKernel<TOps, TVector, TanhActivation<TOps, TVector>>(0f),
        SigmoidOperation => new ActivationKernel<TOps, TVector, SigmoidActivation<TOps, TVector>>(0f),
        SwishOperation => new ActivationKernel<TOps, TVector, SwishActivation<TOps, TVector>>(0f),
        GeluOperation => new ActivationKernel<TOps, TVector, GeluActivation<TOps, TVector>>(0f),
        GeluTanhOperation => new ActivationKernel<TOps, TVector, GeluTanhActivation<TOps, TVector>>(0f),
        _ => throw new NotSupportedException($"the SIMD engine has no activation '{operation.Kind}'"),
    };

    public override void Dropout(in DropoutCall call) => DropoutKernel<TOps, TVector>.Run(call);

    public override void Softmax(float* x, float* y, int rows, int width, float* scratch) => SoftmaxKernel<TOps, TVector>.Forward(x, y, rows, width, scratch);

    public override void SoftmaxGradient(float* y, float* dy, float* dx, int rows, int width, float* scratch) =>
        SoftmaxKernel<TOps, TVector>.Backward(y, dy, dx, rows, width, scratch);
}
