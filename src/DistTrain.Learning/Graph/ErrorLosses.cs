namespace DistTrain.Learning.Graph;

/// <summary>Mean over the outputs of (z − target)²; its gradient is 2 (z − target) / width. Class labels count as one-hot targets.</summary>
public sealed record MeanSquaredErrorLoss : Loss
{
    public override string Name => "mse";

    private protected override void CheckTargets(Targets targets) => CheckValuesOrOneLabel(targets);
}

/// <summary>Mean over the outputs of |z − target|; its gradient is sign(z − target) / width, 0 where they are equal. Class labels count as one-hot targets.</summary>
public sealed record MeanAbsoluteErrorLoss : Loss
{
    public override string Name => "mae";

    private protected override void CheckTargets(Targets targets) => CheckValuesOrOneLabel(targets);
}

/// <summary>
/// Mean over the outputs of d² / 2 where |d| ≤ δ, else δ (|d| − δ / 2), with d = z − target; its gradient is d clamped to ±δ, divided by width. Class labels count as one-hot targets.
/// Huber, "Robust estimation of a location parameter", 1964.
/// </summary>
/// <param name="Delta">δ, above 0.</param>
public sealed record HuberLoss(double Delta = 1) : Loss
{
    public override string Name => "huber";

    public override LossSettings Settings => new(HuberDelta: Delta);

    private protected override void CheckTargets(Targets targets) => CheckValuesOrOneLabel(targets);
}
