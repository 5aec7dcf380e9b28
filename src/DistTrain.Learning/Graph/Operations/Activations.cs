namespace DistTrain.Learning.Graph;

/// <summary>max(x, 0); NaN stays NaN. The derivative at 0 is 0.</summary>
public sealed record ReluOperation : ElementwiseOperation
{
    public override string Kind => "relu";
}

/// <summary>tanh(x) by <see cref="Numerics.DeterministicMath"/>; the derivative is formed from the output as 1 − y².</summary>
public sealed record TanhOperation : ElementwiseOperation
{
    public override string Kind => "tanh";
}

/// <summary>1 / (1 + exp(−x)) by <see cref="Numerics.DeterministicMath"/>; the derivative is formed from the output as y − y².</summary>
public sealed record SigmoidOperation : ElementwiseOperation
{
    public override string Kind => "sigmoid";
}

/// <summary>
/// exp(x − max) / Σ exp(x − max) over the last axis, the sum in 16 lanes; with s = Σ y dy in 16 lanes, by fused multiply-add, the gradient by x is y (dy − s).
/// Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 6.2.2.3.
/// </summary>
public sealed record SoftmaxOperation : UnaryOperation
{
    public override string Kind => "softmax";

    public override TensorShape OutputShape(TensorShape input) => input;
}
