namespace DistTrain.Learning.Optimization;

/// <summary>
/// u = f·fma(β, w, g) with f = rate·η‖w‖ / (‖g‖ + β‖w‖) for each tensor, β the weight decay and η the trust coefficient; f = rate where either norm is 0. A momentum behind it sums these
/// scaled updates, rate included. You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks", 2017, algorithm 1 (LARS), which leaves the case of a zero norm open.
/// Constants: A = β.
/// </summary>
public sealed record LarsTransform(double TrustCoefficient, double WeightDecay) : NormTransform
{
    public override NormScope Scope => NormScope.Tensor;

    public override bool AppliesLearningRate => true;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)WeightDecay);

    public override double Factor(double updateNorm, double weightNorm, double learningRate) => updateNorm > 0 && weightNorm > 0
        ? learningRate * TrustCoefficient * weightNorm / (updateNorm + (WeightDecay * weightNorm))
        : learningRate;
}

/// <summary>
/// u = f·g with f = ‖w‖ / ‖g‖ for each tensor, 1 where either norm is 0: the last transform of LAMB, behind Adam and the weight decay. You et al., "Large Batch Optimization for Deep Learning:
/// Training BERT in 76 minutes", 2020, algorithm 2 with φ(z) = z. No constants.
/// </summary>
public sealed record LambTransform : NormTransform
{
    public override NormScope Scope => NormScope.Tensor;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => default;

    public override double Factor(double updateNorm, double weightNorm, double learningRate) => updateNorm > 0 && weightNorm > 0 ? weightNorm / updateNorm : 1;
}
