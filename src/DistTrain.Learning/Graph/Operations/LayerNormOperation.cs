using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// Layer normalisation over the last axis of F elements: y = x̂·γ + β with x̂ = (x − mean)·r and r = 1/√(variance + <paramref name="Epsilon"/>). Ba, Kiros, Hinton, "Layer normalization", 2016, section 3.
/// </summary>
/// <remarks>
/// The mean Σx / F and the variance Σ(x − mean)² / F are 16-lane sums, squares by fused multiply-add into their lane; x̂·γ + β is one fused multiply-add. Backward, with g = dy·γ and 16-lane sums:
/// dx = r · fma(−x̂, Σ g·x̂ / F, g − Σ g / F). dβ = Σ dy and dγ = Σ dy·x̂ (fused multiply-add) run over samples, then positions, in order.
/// </remarks>
/// <param name="Epsilon">Added to the variance; above 0 as a float32.</param>
public sealed record LayerNormOperation(double Epsilon = LayerNormOperation.DefaultEpsilon) : UnaryOperation
{
    public const double DefaultEpsilon = 1e-5;

    public override string Kind => "layer-norm";

    public override TensorShape OutputShape(TensorShape input) => input;

    public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input)
    {
        var features = new TensorShape(input[input.Rank - 1]);
        var fans = new Fans(1, 1);
        return [new ParameterDeclaration("weight", features, new ConstantInitializer(1), fans), new ParameterDeclaration("bias", features, new ConstantInitializer(0), fans)];
    }
}
