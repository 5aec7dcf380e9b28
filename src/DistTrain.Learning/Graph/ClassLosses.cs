namespace DistTrain.Learning.Graph;

/// <summary>
/// −Σ q log softmax(z) over the classes with q = (1 − ε) onehot(label) + ε / classes, where ε is the label smoothing; its gradient is softmax(z) − q. With s = log Σ exp(z − max) it is computed
/// as n = s − (z[label] − max) for ε = 0, else as fma(ε, m − n, n) with m = s − Σ (z − max) / classes, the sum in 16 lanes. With several labels a sample (outputs [positions, classes]) a sample's
/// loss is the mean over its positions, added in order; the gradient is divided by their number. Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 6.2.2.3; smoothing as PyTorch's
/// <c>CrossEntropyLoss</c>.
/// </summary>
/// <param name="LabelSmoothing">ε, from 0 to below 1.</param>
public sealed record SoftmaxCrossEntropyLoss(double LabelSmoothing = 0) : Loss
{
    public override string Name => "cross-entropy";

    public override LossSettings Settings => new(LabelSmoothing: LabelSmoothing);

    public override OutputLink Link => OutputLink.Softmax;

    private protected override void CheckTargets(Targets targets)
    {
        if (targets is not ClassLabels)
        {
            throw new InvalidInputException("the cross-entropy loss needs class labels, but the data has numeric targets: use loss: mse");
        }
    }
}

/// <summary>
/// Mean over the outputs of −t log σ(z) − (1 − t) log(1 − σ(z)), computed from the logit as fma(−z, t, max(z, 0)) + log(1 + exp(−|z|)); its gradient is (σ(z) − t) / width. t is
/// fma(target, 1 − ε, ε / 2) with the label smoothing ε. The targets are values from 0 to 1 (several may be 1 at once: multi-label), or the labels of two classes, which make one output with
/// target 0 for the first class and 1 for the second. Bishop, "Pattern recognition and machine learning", 2006, section 4.3.2.
/// </summary>
/// <param name="LabelSmoothing">ε, from 0 to below 1.</param>
public sealed record BinaryCrossEntropyLoss(double LabelSmoothing = 0) : Loss
{
    public override string Name => "binary-cross-entropy";

    public override LossSettings Settings => new(LabelSmoothing: LabelSmoothing);

    public override OutputLink Link => OutputLink.Sigmoid;

    public override int OutputWidth(Targets targets) => targets is ClassLabels { ClassNames.Length: 2 } ? 1 : base.OutputWidth(targets);

    public override int ClassCount(int outputWidth) => outputWidth == 1 ? 2 : outputWidth;

    private protected override void CheckTargets(Targets targets)
    {
        CheckValuesOrOneLabel(targets);
        if (targets is ClassLabels { ClassNames.Length: not 2 and var count })
        {
            throw new InvalidInputException($"the binary-cross-entropy loss tells two classes apart, but the data has {count}: use loss: cross-entropy");
        }

        if (targets is TargetValues values)
        {
            CheckUnitInterval(values);
        }
    }
}

/// <summary>
/// 1 − (2 Σ p t + 1) / (Σ p + Σ t + 1) over all outputs of a sample, with p = σ(z) and targets t from 0 to 1: one minus the soft Dice coefficient with smooth term 1. Sums in 16 lanes, p t by fused
/// multiply-add. With d the coefficient and D its denominator, the gradient by p is (d − 2 t) / D, and that by z this times p − p². Sudre et al., "Generalised Dice overlap as a deep learning loss
/// function", 2017, eq. 2 (plain sums in the denominator, not squares).
/// </summary>
public sealed record DiceLoss : Loss
{
    public override string Name => "dice";

    public override OutputLink Link => OutputLink.Sigmoid;

    private protected override void CheckTargets(Targets targets)
    {
        if (targets is not TargetValues values)
        {
            throw new InvalidInputException("the dice loss needs values from 0 to 1 as targets, but the data has class labels: use loss: cross-entropy");
        }

        CheckUnitInterval(values);
    }
}
