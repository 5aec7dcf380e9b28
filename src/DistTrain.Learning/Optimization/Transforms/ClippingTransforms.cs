namespace DistTrain.Learning.Optimization;

/// <summary>u = g cut to [−c, c]; NaN stays NaN. PyTorch's clip_grad_value_. Constants: A = c.</summary>
public sealed record ClipByValueTransform(double Limit) : UpdateTransform
{
    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => new((float)Limit);
}

/// <summary>
/// u = f·g with f = min(1, c / (‖g‖ + 10⁻⁶)), ‖g‖ over all learned tensors together. Pascanu et al., "On the difficulty of training recurrent neural networks", 2013, as PyTorch's
/// clip_grad_norm_. No constants.
/// </summary>
public sealed record ClipByNormTransform(double Limit) : NormTransform
{
    private const double Floor = 1e-6;

    public override NormScope Scope => NormScope.Model;

    public override UpdateConstants Constants(UpdateMoment moment, Span<double> scalars) => default;

    public override double Factor(double updateNorm, double weightNorm, double learningRate) => Math.Min(1, Limit / (updateNorm + Floor));
}
