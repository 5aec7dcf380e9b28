namespace DistTrain.Learning.Graph;

/// <summary>max(x, 0); NaN stays NaN. The derivative at 0 is 0.</summary>
public sealed record ReluOperation : ElementwiseOperation
{
    public override string Kind => "relu";
}

/// <summary>
/// x where x is above 0, else slope · x; the derivative is formed from the output: 1 where y is above 0, else the slope.
/// Maas et al., "Rectifier nonlinearities improve neural network acoustic models", 2013.
/// </summary>
/// <param name="Slope">At least 0, so that the output has the sign of the input.</param>
public sealed record LeakyReluOperation(double Slope) : ElementwiseOperation
{
    public override string Kind => "leaky-relu";
}

/// <summary>
/// x where x is above 0, else α (exp(x) − 1); the derivative is formed from the output: 1 where y is above 0, else y + α.
/// Clevert et al., "Fast and accurate deep network learning by exponential linear units", 2016, eq. 15.
/// </summary>
/// <param name="Alpha">At least 0, so that the output has the sign of the input.</param>
public sealed record EluOperation(double Alpha) : ElementwiseOperation
{
    public override string Kind => "elu";
}

/// <summary>tanh(x) by <see cref="Numerics.DeterministicMath"/>; the derivative is formed from the output as 1 − y².</summary>
public sealed record TanhOperation : ElementwiseOperation
{
    public override string Kind => "tanh";
}

/// <summary>σ(x) = 1 / (1 + exp(−x)) by <see cref="Numerics.DeterministicMath"/>; the derivative is formed from the output as y − y².</summary>
public sealed record SigmoidOperation : ElementwiseOperation
{
    public override string Kind => "sigmoid";
}

/// <summary>
/// x σ(x), also called SiLU; the derivative is formed from the input as fma(x σ, 1 − σ, σ). Ramachandran et al., "Searching for activation functions", 2017, with β = 1.
/// </summary>
public sealed record SwishOperation : ElementwiseOperation
{
    public override string Kind => "swish";
}

/// <summary>
/// x Φ(x) with Φ = (1 + erf(x / √2)) / 2, the distribution function of the standard normal; the derivative is formed from the input as fma(x, φ, Φ) with the density φ = exp(−x² / 2) / √(2π).
/// Hendrycks and Gimpel, "Gaussian error linear units", 2016.
/// </summary>
public sealed record GeluOperation : ElementwiseOperation
{
    public override string Kind => "gelu";
}

/// <summary>
/// The approximation x (1 + t) / 2 of <see cref="GeluOperation"/> with t = tanh(√(2/π) (x + 0.044715 x³)); the derivative is formed from the input as
/// fma((x / 2) (1 − t²), √(2/π) (1 + 3 · 0.044715 x²), (1 + t) / 2). Hendrycks and Gimpel 2016, section 2.
/// </summary>
public sealed record GeluTanhOperation : ElementwiseOperation
{
    public override string Kind => "gelu";
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
