namespace DistTrain.Learning.Optimization;

/// <summary>u = fma(λ, w, g): the gradient of ½λ‖w‖², added in front of the optimizer, as PyTorch's weight_decay of SGD and Adam. Constants: A = λ.</summary>
public sealed record L2Transform(double Strength) : UpdateTransform
{
    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Strength);
}

/// <summary>u = g + λ·sign(w), with sign(0) = 0: the subgradient of λ‖w‖₁, added in front of the optimizer. Constants: A = λ.</summary>
public sealed record L1Transform(double Strength) : UpdateTransform
{
    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Strength);
}

/// <summary>
/// u = fma(λ, w, g) behind the optimizer, so that the weights shrink by rate·λ a step whatever the gradient. Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019;
/// PyTorch's AdamW with rate·λ. Constants: A = λ.
/// </summary>
public sealed record WeightDecayTransform(double Strength) : UpdateTransform
{
    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Strength);
}
