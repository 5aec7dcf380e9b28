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
